"""Judgement of ecosystems: rates, targets, states, circuit breakers."""
