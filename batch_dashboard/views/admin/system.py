"""The state of the installation: versions, sizes, checks, processes, errors, slow statements."""

import os
import platform
import sys
from pathlib import Path

from flask import Blueprint, Response, render_template

from batch_dashboard.model.administration.jobs import JobKind
from batch_dashboard.services.administration import jobs
from batch_dashboard.services.failures.regrouping import is_due
from batch_dashboard.settings import VERSION
from batch_dashboard.store import migrations
from batch_dashboard.store.access import sessions
from batch_dashboard.store.administration import jobs as job_store
from batch_dashboard.store.administration import system
from batch_dashboard.store.alerts import alerts
from batch_dashboard.views.context import connection, current_time, settings, store
from batch_dashboard.views.forms import changing, done

blueprint = Blueprint("admin_system", __name__, url_prefix="/admin")

SHOWN_ERRORS = 20
SHOWN_QUERIES = 10
SHOWN_JOBS = 3


@blueprint.get("")
def index() -> str:
    """Everything an operator is asked first."""
    conn = connection()
    return render_template(
        "pages/admin/system/index.html",
        now=current_time(),
        version=VERSION,
        python=f"{platform.python_implementation()} {sys.version.split()[0]}",
        database=system.database_version(conn),
        size_bytes=system.database_bytes(conn),
        file=store().database.file,
        reserve=store().database.reserve,
        sizes=system.fetch_sizes(conn),
        revision=migrations.current_revision(conn),
        latest_revision=migrations.latest_revision(),
        check=system.find_fact(conn, system.LAST_CHECK),
        backup=system.find_fact(conn, system.LAST_BACKUP),
        watch=alerts.fetch_watch(conn),
        watcher=alerts.fetch_watcher(conn, current_time()),
        outbox=system.outbox_length(conn),
        sessions=sessions.count_sessions(conn),
        pid=os.getpid(),
        workers=_workers(),
        errors=system.fetch_errors(conn, SHOWN_ERRORS),
        queries=system.fetch_slowest(conn, SHOWN_QUERIES),
        jobs=job_store.fetch_latest(conn, (JobKind.CHECK_ROLLUPS,), SHOWN_JOBS),
        regrouping=job_store.fetch_latest(conn, (JobKind.REGROUP,), 1),
        is_regrouping_due=is_due(conn),
        is_public=settings().public,
    )


@blueprint.post("/check-rollups")
def check_rollups() -> Response:
    """Sum everything again and compare, in the background."""
    with changing() as change:
        change.record("ask to check rollups", "rollups")
        jobs.ask(change, JobKind.CHECK_ROLLUPS, {})
    return done("The rollups are being checked in the background.", ".index")


def _workers() -> int | None:
    """The number of gunicorn's worker processes, including this one; None: unknown."""
    parent = os.getppid()
    try:
        children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
        serving = [
            child
            for child in children
            if b"gunicorn" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]
    except OSError:
        return None
    return len(serving) or None
