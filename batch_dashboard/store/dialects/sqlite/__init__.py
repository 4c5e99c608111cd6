"""SQLite: a file beside the application, with one writer at a time."""
