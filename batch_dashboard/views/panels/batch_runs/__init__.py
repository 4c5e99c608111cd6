"""Panels about batch runs and their results."""
