"""Batch Dashboard: batch runs come in through one endpoint, pages show what they mean."""
