"""What gunicorn loads before the application: its worker, which no slow client can occupy.

gunicorn's first process never runs the application, so nothing here imports another part of it.
Source: docs/deployment.md, "Slow clients".
"""
