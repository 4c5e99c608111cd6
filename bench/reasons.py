#!/usr/bin/env python3
"""How long it takes to find the reason of a failure, in processor time.

    bench/reasons.py [CORPUS.ndjson.gz ...]

For each corpus (one payload a line): microseconds per failed result, in the order of the uploads,
and with nothing remembered of earlier messages. Then milliseconds for hostile messages of 10,000
characters, worst first, and megabytes per second for long ones.
"""

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

from batch_dashboard.model.failures.failure_groups import failure_group_id, find_reason
from batch_dashboard.model.failures.reasons.kinds import has_clue, judge, kind_of, read_line
from batch_dashboard.model.failures.reasons.masking import mask_line
from batch_dashboard.model.failures.reasons.telling import remembered_telling_line

ROUNDS = 3
LENGTH = 10_000
LONG = 4_000_000

# Each is repeated up to the length of a message.
HOSTILE = {
    "one letter": "a",
    "short lines": "a\n",
    "blank lines": "\n",
    "error lines": "error\n",
    "error lines with a place": "a.c:1: error: b\n",
    "one long error line": "error: a ",
    "different error lines": "error: {}\n",
    "lines that end with a colon": "error:\n",
    "tracebacks": "Traceback (most recent call last):\n",
    "indented tracebacks": " Traceback (most recent call last):\n  a\n",
    "quotes that open": " 'a",
    "quotes of all kinds": "'\"`‘“",
    "paths": "/a",
    "Windows paths": "C:\\a b",
    "dots": "a.",
    "hyphens": "a-",
    "colons": "1:",
    "digits": "1",
    "digits and letters": "1a",
    "versions": "1.1-a",
    "stars": "*,",
    "brackets": "((",
    "escape sequences": "\x1b[",
    "carriage returns": "a\r",
    "colours": "\x1b[31merror\x1b[0m: x\n",
    "missing things": "not found: cannot find ",
    "failures in a row": "failed 1 failed ",
    "exceptions": "a.b.CError: x\n\tat y\n",
    "timestamps": "2026-01-01T00:00:00Z ",
    "marks": "::error a",
    "addresses": "a@b.",
    "dates": "Mon Jan 1 ",
    "units": "1s 1m ",
    "words with every clue": "error failed not found timed out undefined killed\n",
}


def main() -> None:
    for path in sys.argv[1:]:
        time_corpus(path)
    timed = [
        (milliseconds(message := hostile(text, LENGTH)), name, message)
        for name, text in HOSTILE.items()
    ]
    print(f"\nhostile messages of {LENGTH:,} characters, milliseconds")
    for took, name, _ in sorted(timed, reverse=True)[:10]:
        print(f"{took:8.2f}  {name}")
    print(f"\nmessages of {LONG:,} characters, megabytes a second")
    slow = sorted(
        (LONG / 1_000 / milliseconds(hostile(text, LONG)), name) for name, text in HOSTILE.items()
    )
    for speed, name in slow[:6]:
        print(f"{speed:8.1f}  {name}")


def time_corpus(path: str) -> None:
    failures = list(read_failures(path))
    usual = [failure for failure in failures if 300 <= len(failure[0]) <= 700]
    print(f"\n{path}: {len(failures)} messages, {len(usual)} of them of 300 to 700 characters")
    for name, chosen in (("all", failures), ("300 to 700", usual)):
        in_order = best(forget, partial(run, chosen))
        alone = best(lambda: None, partial(run, chosen, forgetful=True))
        count = max(1, len(chosen))
        each, each_alone = (took / count * 1e6 for took in (in_order, alone))
        print(f"{name:>12}: {each:6.1f} µs each, {each_alone:6.1f} µs alone")


def read_failures(path: str) -> Iterator[tuple[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            for result in json.loads(line)["results"]:
                if result["result"] == "failed" and result.get("error_message"):
                    yield result["error_message"], result["recipe_name"]


def run(failures: list[tuple[str, str]], *, forgetful: bool = False) -> None:
    for message, recipe_name in failures:
        if forgetful:
            forget()
        failure_group_id(find_reason(message, recipe_name).masked_line)


def forget() -> None:
    for remembered in (remembered_telling_line, has_clue, read_line, judge, kind_of, mask_line):
        remembered.cache_clear()


def best(before: Callable[[], None], work: Callable[[], None]) -> float:
    """The least processor time of several rounds, in seconds."""
    times = []
    for _ in range(ROUNDS):
        before()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def milliseconds(message: str) -> float:
    return 1_000 * best(forget, lambda: run([(message, "widget")]))


def hostile(text: str, length: int) -> str:
    if "{}" in text:
        return "".join(text.format(number) for number in range(length // len(text)))[:length]
    return f"Error: {text * (length // len(text))}"[:length]


if __name__ == "__main__":
    main()
