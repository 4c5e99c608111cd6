"""Budgets, prices and wait limits."""
