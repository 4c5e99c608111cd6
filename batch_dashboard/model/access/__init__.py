"""Who may do what: tokens and trusted publishers."""
