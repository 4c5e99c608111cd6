"""The application name of the connections of a process."""

import os
import socket

APPLICATION = "batch-dashboard"
MAX_LENGTH = 63  # PostgreSQL cuts off the rest


def application_name() -> str:
    """The name of this process: its process id and its machine."""
    return f"{APPLICATION} {os.getpid()} on {socket.gethostname()}"[:MAX_LENGTH]
