"""What runs in CI jobs, apart from the server: one file that imports nothing of the project."""

from pathlib import Path

UPLOADER = Path(__file__).with_name("batch_metrics.py")
