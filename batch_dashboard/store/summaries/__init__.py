"""The kept sums: what each must do, and the list of all of them."""
