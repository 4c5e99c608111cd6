"""Batch runs and their recipe results."""
