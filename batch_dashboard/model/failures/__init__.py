"""Failed results: their messages, and the groups that fail for one reason."""
