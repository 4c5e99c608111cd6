"""Writing uploads."""
