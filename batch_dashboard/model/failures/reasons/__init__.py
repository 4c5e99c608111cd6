"""How a failure message is reduced to its reason. Source: docs/failure-groups.md."""
