"""All SQL of the application, in a folder for each subject."""
