"""Judging ecosystems, and rules of operators for them."""
