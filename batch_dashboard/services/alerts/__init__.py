"""From findings to notifications."""
