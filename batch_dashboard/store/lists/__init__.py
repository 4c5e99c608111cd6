"""Pages and CSV files of the catalogue's resources."""
