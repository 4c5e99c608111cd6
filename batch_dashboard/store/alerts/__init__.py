"""Incidents, destinations and the outbox."""
