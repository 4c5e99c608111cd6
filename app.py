"""What gunicorn and `flask --app app` load."""

from batch_dashboard.application import create_app

app = create_app()
