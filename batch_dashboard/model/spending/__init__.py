"""Minutes, CI jobs, budgets and prices."""
