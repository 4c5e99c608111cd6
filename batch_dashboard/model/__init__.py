"""What things are: pure Python, no SQL, no Flask."""
