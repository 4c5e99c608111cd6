"""The uploader that CI jobs run: one file that needs nothing but Python."""
