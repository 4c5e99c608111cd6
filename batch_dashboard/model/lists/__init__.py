"""Filters, orders, pages and periods, parsed from URLs and formatted for them."""
