"""PostgreSQL: a server, whose writers take one advisory lock."""
