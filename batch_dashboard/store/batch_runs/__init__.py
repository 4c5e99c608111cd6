"""Batch runs, their results and their daily rollups."""
