"""Regrouping failures."""
