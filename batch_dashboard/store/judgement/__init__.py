"""The facts and rules by which ecosystems are judged."""
