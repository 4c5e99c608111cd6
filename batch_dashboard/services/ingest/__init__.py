"""Storing batch runs: uploads and imports."""
