"""The simulated pop.gmail.com (RFC 1939, 2449, 5034): Gmail by POP3, without sockets."""
