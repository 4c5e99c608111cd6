"""Failure groups: their summaries, the index of messages, regrouping."""
