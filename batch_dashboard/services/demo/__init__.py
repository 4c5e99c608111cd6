"""Storing demo data."""
