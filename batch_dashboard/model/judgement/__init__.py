"""How ecosystems are doing: rates, targets, states, circuit breakers."""
