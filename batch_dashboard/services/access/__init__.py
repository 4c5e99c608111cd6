"""Signing in, tokens, trusted publishers and users."""
