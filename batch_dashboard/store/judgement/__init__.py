"""What ecosystems are judged by."""
