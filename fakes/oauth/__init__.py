"""Google's OAuth 2.0 as a pure function of request to response: pages, tokens, revocation, information."""
