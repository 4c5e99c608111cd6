"""Incidents and notifications from findings."""
