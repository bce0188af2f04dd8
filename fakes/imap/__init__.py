"""Gmail's IMAP (RFC 3501 and Gmail's departures from it): bytes in, actions out, no sockets."""
