"""The stored sums: the interface of each kind, and the list of all kinds."""
