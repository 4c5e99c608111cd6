"""Excluding, restoring and deleting batch runs."""
