"""Values as text: in words, in CSV cells, in scripts."""
