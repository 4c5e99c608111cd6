"""Judging ecosystems, and what operators set for them."""
