"""Which recipes are worth another attempt."""
