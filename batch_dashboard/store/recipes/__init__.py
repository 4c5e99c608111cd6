"""Recipes: their summaries, their history and lists of them."""
