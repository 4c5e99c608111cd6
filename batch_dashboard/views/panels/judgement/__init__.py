"""Panels about the state of ecosystems, and what needs attention."""
