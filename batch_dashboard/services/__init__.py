"""Use cases that write: one public function, one transaction."""
