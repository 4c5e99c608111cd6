"""Permissions: tokens, users and trusted publishers."""
