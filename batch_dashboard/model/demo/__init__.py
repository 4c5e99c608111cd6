"""Generated demo data."""
