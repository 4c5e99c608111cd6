"""Backups, background jobs, metrics, retention and other maintenance."""
