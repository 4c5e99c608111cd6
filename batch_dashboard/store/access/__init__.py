"""Tokens, users, sessions, trusted publishers and submitted forms."""
