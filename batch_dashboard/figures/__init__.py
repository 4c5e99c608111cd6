"""Records to Plotly figures: pure, no queries."""
