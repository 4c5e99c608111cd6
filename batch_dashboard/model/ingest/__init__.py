"""An upload: its payload, checked, and what it adds to the summaries."""
