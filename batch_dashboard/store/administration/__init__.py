"""The audit log, background jobs, retention and facts about the installation."""
