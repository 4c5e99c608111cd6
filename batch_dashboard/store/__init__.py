"""All SQL of the application, by noun."""
