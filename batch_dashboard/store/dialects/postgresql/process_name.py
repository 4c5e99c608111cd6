"""What PostgreSQL calls the connections of each process, to tell them apart."""

import os
import socket

APPLICATION = "batch-dashboard"
MAX_LENGTH = 63  # PostgreSQL cuts off the rest


def application_name() -> str:
    """The name of this process: its number, and the machine it runs on."""
    return f"{APPLICATION} {os.getpid()} on {socket.gethostname()}"[:MAX_LENGTH]
