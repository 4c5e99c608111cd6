"""Records and rules: pure Python, no SQL, no Flask."""
