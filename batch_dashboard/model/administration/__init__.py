"""Running the installation: the audit log, background jobs, retention."""
