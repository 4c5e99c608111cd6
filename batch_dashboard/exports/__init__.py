"""Rows to files for people to take away."""
