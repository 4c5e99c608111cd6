"""Panels about failures and failure groups."""
