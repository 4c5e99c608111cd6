#!/usr/bin/env python3
"""Fill the disk of a SQLite database for real, and try what must still work then.

Needs root on Linux: the disk is a small tmpfs. It says what each step answered, and ends with exit
code 1 where one was wrong.
"""

import argparse
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

ROOT = Path(__file__).resolve().parent.parent
RESULTS = 2_000
TOKEN = secrets.token_hex(16)


def main() -> int:
    """Each step in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9473)
    parser.add_argument("--mib", type=int, default=700, help="size of the disk")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="full-disk-"))
    disk = folder / "disk"
    disk.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={options.mib}m", "tmpfs", disk], check=True
    )
    try:
        return _try(disk, folder, options.port)
    finally:
        subprocess.run(["umount", "--lazy", disk], check=True)
        shutil.rmtree(folder)


def _try(disk: Path, folder: Path, port: int) -> int:
    database = disk / "batch_dashboard.db"
    env = {
        **os.environ,
        "BATCH_METRICS_DATABASE_URL": f"sqlite:///{database}",
        "BATCH_DASHBOARD_INSTANCE_DIR": str(folder / "instance"),
        "BATCH_METRICS_TOKEN": TOKEN,
    }
    wrong = 0

    def expect(what: str, is_right: bool, said: str) -> None:
        nonlocal wrong
        wrong += not is_right
        print(f"{'right' if is_right else 'WRONG'}: {what}: {said.strip()[:200]}")

    def flask(*words: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", *words],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
        )
        return done.returncode, done.stdout + done.stderr

    def ask(path: str, payload: object = None) -> tuple[int, str]:
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}{path}",
            None if payload is None else json.dumps(payload).encode(),
            {"Authorization": f"Bearer {TOKEN}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    code, said = flask("setup")
    expect("set-up", code == 0, said.splitlines()[0])
    reserve = Path(f"{database}.reserve")
    expect("the reserve is kept", reserve.exists(), f"{reserve.stat().st_size:,} bytes")
    filler = disk / "filler"
    bind = ("--bind", f"127.0.0.1:{port}")
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "app:app", *bind],
        cwd=ROOT,
        env=env,
        stderr=(folder / "server.log").open("w"),
    )
    try:
        for _ in range(100):
            try:
                if ask("/readyz")[0] == 200:
                    break
            except OSError:
                time.sleep(0.2)
        statuses = [ask("/batch-metrics", _payload(number))[0] for number in range(5)]
        expect("uploads while there is room", set(statuses) == {201}, str(statuses))
        _fill(filler, free=8 * 1024 * 1024)
        status, said = 201, ""
        number = 5
        while status == 201 and number < 200:
            status, said = ask("/batch-metrics", _payload(number))
            number += 1
        expect("an upload on the full disk", status == 503 and "disk" in said, f"{status} {said}")
        _fill(filler)
        expect("nothing is free", shutil.disk_usage(disk).free == 0, "0 bytes")
        status, said = ask("/readyz")
        expect("/readyz", status == 503 and "disk of the database is full" in said, str(status))
        status, said = ask("/")
        expect("the overview", status == 200, str(status))
        code, said = flask("backup", str(folder / "beside.db"))
        expect("a backup while the service runs", code == 0, said)
        expect("the reserve is still kept", reserve.exists(), "")
        runs = folder / "runs.ndjson"
        runs.write_text(f"{json.dumps(_payload(900))}\n")
        code, said = flask("import", str(runs))
        expect("an import", code == 1 and "disk of the database is full" in said, said)
        code, said = flask("runs", "delete", "1", "--reason", "the disk is full")
        expect("deleting a run while the service runs", code == 0, said)
        expect("the reserve was given up for it", not reserve.exists(), "")
        status, said = ask("/batch-metrics", _payload(1_000))
        expect("an upload afterwards", status == 201, f"{status} {said}")
    finally:
        server.terminate()
        server.wait()
    # Again, with nobody who has the database open.
    if reserve.exists():
        reserve.unlink()
    filler.unlink()
    code, said = flask("setup")
    expect("the reserve is kept again", reserve.exists(), said)
    _fill(filler)
    code, said = flask("backup", str(folder / "alone.db"))
    expect("a backup without a service", code == 0, said)
    _fill(filler)
    code, said = flask("runs", "delete", "2", "--reason", "the disk is full")
    expect("deleting a run without a service", code == 0, said)
    code, said = flask("rollups", "verify")
    expect("every sum is right", code == 0, said.replace("\n", "; "))
    return wrong


def _payload(number: int) -> dict[str, object]:
    results = [
        {
            "recipe_name": f"recipe-{index}",
            "ecosystem": "homebrew",
            "result": "failed",
            "error_message": secrets.token_hex(200),
        }
        for index in range(RESULTS)
    ]
    return {
        "batch_id": f"run {number}",
        "ecosystem": "homebrew",
        "started_at": "2026-11-20T08:00:00Z",
        "total_recipes": RESULTS,
        "results": results,
    }


def _fill(file: Path, free: int = 0) -> None:
    """Leave so many bytes free."""
    with file.open("ab") as filler:
        size = shutil.disk_usage(file.parent).free - free
        if size > 0:
            os.posix_fallocate(filler.fileno(), filler.seek(0, os.SEEK_END), size)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
