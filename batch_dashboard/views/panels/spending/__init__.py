"""Panels about minutes and what they cost."""
