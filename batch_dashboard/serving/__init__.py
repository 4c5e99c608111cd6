"""The gunicorn worker, whose threads slow clients cannot occupy.

gunicorn's first process never runs the application, so nothing here imports another part of it.
Source: docs/deployment.md, "Slow clients".
"""
