"""Many guesses at once, over both processes of the real server: only a few are checked."""

import base64
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from urllib.error import HTTPError

from batch_dashboard.model.access.users import Role
from batch_dashboard.services.access.sign_in import FREE_FAILURES
from batch_dashboard.services.access.throttle import MAX_FAILURES
from batch_dashboard.store.engine import Store
from tests.conftest import NewDatabase
from tests.factories import TOKEN
from tests.http.server import running_server
from tests.visitors import PASSWORD, make_user

GUESSES = 120
RIGHT_AT_ONCE = 12
SETTINGS = {"BATCH_DASHBOARD_METRICS_PUBLIC": "1"}


def status_of(url: str, authorization: str) -> int:
    request = urllib.request.Request(url, headers={"Authorization": authorization})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def at_once(number: int, ask: Callable[[int], int]) -> Counter[int]:
    """The statuses of requests that begin together."""
    begin = Barrier(number)

    def one(each: int) -> int:
        begin.wait()
        return ask(each)

    with ThreadPoolExecutor(number) as clients:
        return Counter(clients.map(one, range(number)))


def passwords_checked(address: str) -> dict[str, float]:
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    start = 'batch_dashboard_password_checks_total{outcome="'
    found = (line.removeprefix(start) for line in lines if line.startswith(start))
    return {line.partition('"')[0]: float(line.split()[-1]) for line in found}


def test_guesses_at_once_are_counted_by_all_processes_together(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    with new_database() as url:
        store = Store(url, 60)
        make_user(store, "ada", Role.ADMINISTRATOR)
        make_user(store, "bob", Role.ADMINISTRATOR)
        store.close()
        with running_server(url, tmp_path, SETTINGS) as address:
            right = basic("bob", PASSWORD)
            assert at_once(RIGHT_AT_ONCE, lambda _: status_of(f"{address}/admin", right)) == {
                200: RIGHT_AT_ONCE
            }
            guesses = at_once(
                GUESSES, lambda n: status_of(f"{address}/admin", basic("ada", f"guess {n}"))
            )
            assert guesses == {401: FREE_FAILURES, 429: GUESSES - FREE_FAILURES}
            assert passwords_checked(address) == {
                "right": RIGHT_AT_ONCE,
                "wrong": FREE_FAILURES,
                "not checked": GUESSES - FREE_FAILURES,
            }

            decision = f"{address}/api/v1/decision/homebrew"
            tokens = at_once(GUESSES, lambda n: status_of(decision, f"Bearer bmt_guess-{n}"))
            assert tokens == {401: MAX_FAILURES, 429: GUESSES - MAX_FAILURES}
            assert status_of(decision, f"Bearer {TOKEN}") == 200
