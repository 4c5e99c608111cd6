"""Recipes: their attempts, and which are stuck or flaky."""
