"""CI jobs, budgets and prices."""
