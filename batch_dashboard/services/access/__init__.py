"""Sign-in, tokens, trusted publishers and users."""
