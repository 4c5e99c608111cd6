"""Findings, incidents and notifications."""
