"""Budgets, prices and limits of waits."""
