"""What a reader chose to see: filters, orders, pages and periods, from the URL and back to it."""
