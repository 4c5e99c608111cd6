"""The read API: its operations, the parameters they take, and the document that describes them."""
