"""How gunicorn serves Batch Dashboard; the keys are gunicorn's own settings."""

import gc
import os
import resource
import shutil
import sys
import tempfile
from typing import Any

from batch_dashboard.serving.worker import ClientWorker


def _whole_number(name: str, default: int, low: int, high: int) -> int:
    text = os.environ.get(name, "").strip()
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        sys.exit(
            f"Batch Dashboard does not start: {name}: "
            f"{text!r} is not a whole number from {low} to {high}"
        )
    return int(text)


bind = "127.0.0.1:8000"

# Threads, because a CSV download keeps one busy for as long as its client reads; a worker of our
# own, because gunicorn's gives a thread to whoever connects.
worker_class = ClientWorker
ClientWorker.client_seconds = _whole_number("BATCH_DASHBOARD_CLIENT_SECONDS", 30, 1, 3600)
workers = _whole_number("BATCH_DASHBOARD_WORKERS", 2, 1, 64)
threads = _whole_number("BATCH_DASHBOARD_THREADS", 32, 1, 256)

# An idle connection holds no thread. Longer than the 60 s for which common reverse proxies keep
# theirs, so that the proxy closes first and never sends a request into a closing connection.
keepalive = 75
timeout = 120

# Each connection takes a descriptor, and so do databases and files. Slow clients need many.
_low, _high = resource.getrlimit(resource.RLIMIT_NOFILE)
_descriptors = 4096 if _high == resource.RLIM_INFINITY else min(_high, 4096)
if _low < _descriptors:
    resource.setrlimit(resource.RLIMIT_NOFILE, (_descriptors, _high))
worker_connections = min(1000, max(threads + 1, _descriptors - 256))
graceful_timeout = 30

# A link to a page carries all its filters, so lines may be longer than gunicorn's 4,094 bytes.
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190

# Each worker opens its own database connections: none may be inherited from the parent.
preload_app = False

# The heartbeat file must not wait for a slow disk.
if os.path.isdir("/dev/shm") and os.access("/dev/shm", os.W_OK):  # noqa: S108
    worker_tmp_dir = "/dev/shm"  # noqa: S108

# Nothing uses the control socket, and it would appear under the home folder.
control_socket_disable = True

# Where the processes keep what they count together (metrics, bad tokens); new at each start.
_shared = tempfile.mkdtemp(prefix="batch-dashboard-")
os.environ["PROMETHEUS_MULTIPROC_DIR"] = _shared

accesslog = None
errorlog = "-"
loglevel = "info"


def child_exit(_server: Any, worker: Any) -> None:
    """Take what only a living process has out of the metrics; what it counted stays."""
    # Not before the folder is named: the library looks for it once, when it is imported.
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(_server: Any) -> None:
    """Leave nothing behind."""
    shutil.rmtree(_shared, ignore_errors=True)


def post_worker_init(worker: Any) -> None:
    """Be known as a user of the database, and spare the garbage collector.

    The code itself lives as long as the process. A payload makes 100,000s of objects none of which
    refer in circles, so looking through them at Python's default of every 700 took a quarter of the
    time of a large upload.
    """
    from batch_dashboard.store import service_lock

    service_lock.claim(worker.wsgi.extensions["store"], service_lock.SERVER)
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
