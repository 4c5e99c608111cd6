"""What gunicorn loads before the application: how connections of slow clients are kept.

It stands beside the application's package, so that gunicorn's first process, which never runs the
application, does not load it. Source: docs/deployment.md, "Slow clients".
"""
