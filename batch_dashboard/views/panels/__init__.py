"""Panels of pages: each is a frozen dataclass, made by one function and drawn by one macro."""
