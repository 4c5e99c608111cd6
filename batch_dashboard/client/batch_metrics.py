#!/usr/bin/env python3
"""Send the batch runs of a CI job to Batch Dashboard, and ask it for advice.

One file that needs Python 3.9 or newer and nothing else. The address of the dashboard is read from
BATCH_METRICS_URL or --url, the token from BATCH_METRICS_TOKEN. `batch_metrics.py --help` lists the
commands; docs/uploader.md of the project describes them, docs/ci.md has steps for each CI system.
"""

from __future__ import annotations

import argparse
import codecs
import contextlib
import email.message
import email.utils
import glob
import gzip
import hashlib
import http.client
import itertools
import json
import math
import os
import random
import re
import ssl
import sys
import threading
import time
import unicodedata
import urllib.error
import urllib.parse
import urllib.request
import xml.parsers.expat
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, NamedTuple, NoReturn, TypeVar

VERSION = "1.0.0"
USER_AGENT = f"batch_metrics.py/{VERSION}"

EXIT_OK = 0
EXIT_NOT_SENT = 1
EXIT_USAGE = 2
EXIT_REJECTED = 3
EXIT_FAILURES = 4
# What --fail-on takes.
ANY_FAILURE = "any"
UNEXPECTED_FAILURE = "unexpected"
EXIT_CODES = """\
exit codes:
  0  success; also if an upload failed without --strict, and if `plan` or
     `decision` got no valid response: then everything runs
  1  with --strict: the dashboard could not be reached in time, and the upload was spooled;
     `retry`: spooled uploads remain; `validate`: the dashboard could not be reached
  2  wrong arguments or unusable input; with --strict also an incomplete report
  3  with --strict, and always for `validate`: the payload or the token was rejected
  4  with --fail-on: recipes failed
"""

# The server's bounds, which docs/ingest-api.md lists.
RESULTS = ("passed", "failed", "skipped")
RUNNER_OSES = ("macos", "linux", "windows", "other")
MAX_RESULTS = 100_000
MAX_CANDIDATES = 100_000
MAX_JOBS = 2_000
MAX_NAME = 500
MAX_COUNT = 1_000_000_000
MAX_SECONDS = 31 * 86_400
MAX_MINUTES = 100_000 * 366 * 1_440

# Of a longer message, this much of its beginning and of its end is sent.
MESSAGE_HEAD = 20_000
MESSAGE_TAIL = 80_000
# Once the messages of an upload are longer than this together, little of any further one is sent.
ALL_MESSAGES = 24_000_000
SHORT_HEAD = 50
SHORT_TAIL = 150
MAX_XML_DEPTH = 200
MAX_JSON_BYTES = 256 * 1024 * 1024
MAX_XML_BYTES = 1024 * 1024 * 1024
CHUNK_BYTES = 64 * 1024

UPLOAD_SECONDS = 120.0
DECISION_SECONDS = 5.0
PLAN_SECONDS = 20.0
VALIDATE_SECONDS = 30.0
# For what comes before the upload itself: the jobs of the run and the identity token.
CI_SECONDS = 30.0
ATTEMPT_SECONDS = 60.0
FIRST_WAIT_SECONDS = 1.0
MAX_WAIT_SECONDS = 30.0
# The plan of 100,000 recipes that all wait is 50 MB long.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_PAGES = 20
SPOOL_ENTRIES = 100
SPOOL_BYTES = 256 * 1024 * 1024

RETRIED_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})
REJECTED_STATUSES = frozenset({400, 413, 422})
DECISIONS = ("proceed", "sample", "skip")

T = TypeVar("T")


class InputError(Exception):
    """Arguments or input cannot be used; the message says why and what would be right."""


class Unavailable(Exception):
    """A server could not be reached, was too slow or gave an unexpected answer."""


class Refused(Exception):
    """A server refused a request.

    `is_final` tells that the dashboard judged the payload itself: it will never accept it. Any
    other refusal concerns the token, the address or something in between, and can pass.
    """

    def __init__(self, message: str, status: int, is_final: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.is_final = is_final


# --- The job's log ---


def say(text: str) -> None:
    """Print one line to standard error."""
    print(f"batch-metrics: {_log_text(text)}", file=sys.stderr, flush=True)


def warn(text: str) -> None:
    """Print a prominent warning. GitHub Actions shows it on the page of the workflow run."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        # Not to standard output, which a step may write to $GITHUB_OUTPUT.
        message = _log_text(text).replace("%", "%25")
        print(f"::warning title=Batch Dashboard::{message}", file=sys.stderr, flush=True)
    else:
        say(f"WARNING: {text}")


def _log_text(text: str) -> str:
    """Text of one line that holds no command to the runner of GitHub Actions."""
    return one_line(text).replace("##[", "## [")


def one_line(text: str) -> str:
    """Text without control characters, so that no value contains a line break."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text)


def counted(count: int, noun: str) -> str:
    """A number with its noun: `1 job`, `2 jobs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


# --- Text and JSON ---


def valid_text(text: str) -> str:
    """Text that the server accepts as a message: no NUL, no half of a surrogate pair."""
    return re.sub("[\0\ud800-\udfff]", "\ufffd", text)


def valid_name(text: str) -> str:
    """Text that the server accepts as a name: without control characters."""
    return one_line(valid_text(text)).strip()


def whole_number(text: str | None) -> int | None:
    """The whole number that a header or a variable holds, None for anything else."""
    return int(text) if text and re.fullmatch(r"[0-9]{1,18}", text) else None


def load_json(text: str) -> Any:
    """The value of a JSON text, as strictly as the server reads it. Raises ValueError."""
    try:
        return json.loads(
            text,
            object_pairs_hook=_unique_keys,
            parse_constant=_no_constant,
            parse_float=_finite,
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        [(twice, _times)] = Counter(key for key, _value in pairs).most_common(1)
        raise ValueError(f"the key “{twice[:40]}” is given twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is out of the range of numbers")
    return number


# --- Files ---


class Unreadable(InputError):
    """A file, or the rest of it, cannot be read."""


def expand(patterns: Sequence[str]) -> list[str]:
    """The files that match; a pattern without a match is an error. Raises InputError."""
    paths: list[str] = []
    for pattern in patterns:
        if pattern == "-" or os.path.isfile(pattern):
            paths.append(pattern)
            continue
        if os.path.isdir(pattern):
            pattern = os.path.join(glob.escape(pattern), "**", "*.xml")
        found = sorted(path for path in glob.glob(pattern, recursive=True) if os.path.isfile(path))
        if not found:
            raise InputError(f"{pattern}: no such file")
        paths += found
    return list(dict.fromkeys(paths))


def read_chunks(path: str) -> Iterator[bytes]:
    """A file piece by piece, unpacked if it is gzip; `-` is standard input. Raises Unreadable."""
    try:
        # 0 is standard input.
        with open(0 if path == "-" else path, "rb") as file:
            is_packed = file.peek(2)[:2] == b"\x1f\x8b"
            unpacked: Any = gzip.GzipFile(fileobj=file) if is_packed else file
            while True:
                chunk = unpacked.read(CHUNK_BYTES)
                if not chunk:
                    return
                yield chunk
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"cannot be read: {error}") from None


class InputFile(NamedTuple):
    """A file whose content was recognised: `payload`, `results`, or `junit` with its chunks."""

    kind: str
    content: Any


def read_input(path: str) -> InputFile:
    """A payload, results as a JSON array or as JSON lines, or JUnit XML. Raises InputError."""
    chunks = read_chunks(path)
    first = next(chunks, b"")
    beginning = first[:200].decode(xml_encoding(first), "ignore")
    if beginning.lstrip("\ufeff \t\r\n").startswith("<"):
        return InputFile("junit", itertools.chain([first], chunks))
    return _recognised(read_text(itertools.chain([first], chunks)))


def read_text(chunks: Iterable[bytes]) -> str:
    """The text of a file in UTF-8 or UTF-16. Raises InputError."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > MAX_JSON_BYTES:
            raise InputError(f"is larger than {MAX_JSON_BYTES:,} bytes")
    is_utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    encoding = "utf-16" if is_utf16 else "utf-8"
    try:
        return content.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        raise InputError(f"is not {encoding.upper()} at byte {error.start}") from None


def _recognised(text: str) -> InputFile:
    if not text.strip():
        raise InputError("the file is empty")
    try:
        value = load_json(text)
    except ValueError as error:
        try:
            load_json(text.lstrip().split("\n", 1)[0])
        except ValueError:
            raise InputError(f"is neither JSON nor XML: {error}") from None
        return InputFile("results", read_lines(text))
    if isinstance(value, dict) and "recipe_name" in value and "results" not in value:
        value = [value]
    if isinstance(value, dict):
        return InputFile("payload", value)
    if isinstance(value, list) and all(isinstance(entry, dict) for entry in value):
        return InputFile("results", value)
    raise InputError("contains neither a payload, nor results, nor JUnit XML")


def read_lines(text: str) -> list[dict[str, Any]]:
    """The objects of JSON lines. Raises InputError that names the line."""
    entries: list[dict[str, Any]] = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            entry = load_json(line)
        except ValueError as error:
            raise InputError(f"line {number} is not JSON: {error}") from None
        if not isinstance(entry, dict):
            raise InputError(f"line {number} must be an object with recipe_name and result")
        entries.append(entry)
    return entries


def read_pairs(pairs: Sequence[str]) -> list[dict[str, Any]]:
    """The results of `NAME=passed` on the command line. Raises InputError."""
    results: list[dict[str, Any]] = []
    for pair in pairs:
        name, _separator, result = pair.rpartition("=")
        if not name or result not in RESULTS:
            wanted = "NAME=passed, NAME=failed or NAME=skipped"
            raise InputError(f"--result must be {wanted}, not {pair!r}")
        results.append({"recipe_name": name, "result": result})
    return results


# --- JUnit XML ---

ROOTS = ("testsuites", "testsuite", "testrun")
FAILURES = {
    "failure": "test_failure",
    "error": "test_error",
    "rerunFailure": "test_failure",
    "rerunError": "test_error",
    # The test case was run again and passed.
    "flakyFailure": "",
    "flakyError": "",
}
NOT_RUN = ("skipped", "ignored", "disabled")
# What some tools state in an attribute of the test case instead of in an element.
FAILED_STATUSES = frozenset({"fail", "failed", "failure", "error"})
NOT_RUN_STATUSES = frozenset({"notrun", *NOT_RUN})
OUTPUTS = ("system-out", "system-err")
OTHER_REPORTS = {
    "TestRun": "a TRX report",
    "test-run": "an NUnit 3 report",
    "test-results": "an NUnit 2 report",
    "assemblies": "an xUnit.net report",
}
# Tools write them unescaped, or as references, into the logs of tests; XML 1.0 knows neither.
FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
REFERENCE = re.compile(r"&#(?:x([0-9a-fA-F]{1,8})|([0-9]{1,8}));")
MAX_REFERENCE_LENGTH = 12
# More of a message is not collected; `shortened` keeps less than this.
COLLECTED = 50 * (MESSAGE_HEAD + MESSAGE_TAIL)


class MessageRoom:
    """Shortens messages, the more so once those of the whole upload take much room."""

    def __init__(self) -> None:
        self.left = ALL_MESSAGES

    def shortened(self, message: str) -> str:
        """A message, or its beginning and its end if it is too long."""
        head, tail = (MESSAGE_HEAD, MESSAGE_TAIL) if self.left > 0 else (SHORT_HEAD, SHORT_TAIL)
        omitted = len(message) - head - tail
        if omitted > 0:
            marker = f"\n[… {omitted:,} characters omitted …]\n"
            message = message[:head] + marker + message[-tail:]
        self.left -= len(message)
        return message


class Failure(NamedTuple):
    """A failure of a test case: the element, its message and type, the pieces of its text."""

    tag: str
    message: str
    kind: str
    pieces: list[str]

    def text(self) -> str:
        """The message with the text, which often begins with the message."""
        text = "".join(self.pieces).strip()
        message = self.message.strip()
        both = text if text.startswith(message) else f"{message}\n{text}".strip()
        return both or self.kind.strip()


class JUnitReport:
    """Reads JUnit XML as its many tools write it: nested suites, reruns, broken files.

    `results` has one entry per test case, in the order of the file. If the file breaks off,
    `problem` says where, and what was read before that is kept.
    """

    def __init__(self, name_format: str, room: MessageRoom) -> None:
        self.results: list[dict[str, Any]] = []
        self.problem = ""
        self._name_format = name_format
        self._room = room
        self._open: list[str] = []
        self._suites: list[str] = []
        self._case: dict[str, str] | None = None
        self._failures: list[Failure] = []
        self._output: list[str] = []
        self._skipped = False
        self._is_collecting = False
        self._collected = 0
        self._is_pytest = False
        self._last_case: dict[str, str] = {}

    def read(self, chunks: Iterable[bytes]) -> None:
        """Read a whole file. Raises InputError if it is no JUnit XML, or too large."""
        parser = xml.parsers.expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.EntityDeclHandler = _refuse_entities
        try:
            for text in xml_text(chunks):
                parser.Parse(text.encode("utf-8"))
            parser.Parse(b"", True)
        except (xml.parsers.expat.ExpatError, Unreadable) as error:
            if not self._open and not self.results:
                raise InputError(f"is not valid XML: {error}") from None
            self._finish_case(is_broken=True)
            self.problem = f"the file is incomplete: {error}"

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if not self._open and tag not in ROOTS:
            kind = OTHER_REPORTS.get(tag, f"XML that begins with <{tag[:40]}>")
            raise InputError(f"is {kind}, not JUnit XML; convert it to JUnit XML first")
        if not self._open:
            self._is_pytest = attributes.get("name") in ("pytest", "pytest tests")
        self._open.append(tag)
        if len(self._open) > MAX_XML_DEPTH:
            raise InputError(f"its elements are nested deeper than {MAX_XML_DEPTH}")
        if tag == "testsuite":
            self._suites.append(attributes.get("name", ""))
        elif tag == "testcase":
            self._finish_case()
            self._case = attributes
            self._collected = 0
        elif tag in NOT_RUN and self._open[-2] == "testcase":
            message = attributes.get("message", "")
            # CTest writes a missing program as skipped, and counts it as failed.
            if message.startswith("Unable to find "):
                self._failures.append(Failure("error", message, "", []))
            self._skipped = True
        elif tag in FAILURES and not self._is_collecting:
            if self._case is None and self._open[-2] == "testsuite":
                # The suite itself failed, before its first test case or after its last one.
                self._case = {"name": self._suites[-1]}
            if self._case is not None:
                message, kind = attributes.get("message", ""), attributes.get("type", "")
                self._failures.append(Failure(tag, message, kind, []))
                self._is_collecting = True
                self._collected = 0

    def _characters(self, text: str) -> None:
        is_output = self._open[-1] in OUTPUTS
        if self._case is None or self._is_collecting == is_output or self._collected > COLLECTED:
            return
        pieces = self._output if is_output else self._failures[-1].pieces
        pieces.append(text)
        self._collected += len(text)

    def _end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        self._open.pop()
        if tag in FAILURES:
            self._is_collecting = False
            if "testcase" not in self._open:
                self._finish_case()
        elif tag == "testcase":
            self._finish_case()
        elif tag == "testsuite":
            self._suites.pop()

    def _finish_case(self, is_broken: bool = False) -> None:
        case, failures, skipped = self._case, self._failures, self._skipped
        output = self._output
        self._case, self._failures, self._skipped, self._output = None, [], False, []
        self._is_collecting = False
        if case is None or (is_broken and not failures):
            return
        if len(self.results) == MAX_RESULTS:
            raise InputError(f"has over {MAX_RESULTS:,} test cases; upload it in parts")
        last = [failure for failure in failures if failure.tag in ("failure", "error")]
        last = last or [failure for failure in failures if FAILURES[failure.tag]]
        status = case.get("status", "").lower()
        entry: dict[str, Any] = {"recipe_name": self._name(case), "result": "passed"}
        if last or (status in FAILED_STATUSES and not skipped and not failures):
            entry["result"] = "failed"
            entry["error_category"] = FAILURES[last[0].tag] if last else "test_failure"
            message = "\n".join(failure.text() for failure in last).strip()
            # Some tools leave the failure empty and only print it.
            message = message or "".join(output).strip()
            if message:
                entry["error_message"] = self._room.shortened(valid_text(message))
        elif skipped or status in NOT_RUN_STATUSES:
            entry["result"] = "skipped"
        duration = _duration(case.get("time", ""))
        if duration is not None:
            entry["duration_seconds"] = duration
        if self._is_pytest and self._is_again(case):
            self.results.pop()
        self._last_case = case
        self.results.append(entry)

    def _is_again(self, case: Mapping[str, str]) -> bool:
        """Whether a test case repeats the one before it, which did not fail.

        pytest-rerunfailures lists each attempt, the failed ones without their failure.
        """
        same = all(case.get(key) == self._last_case.get(key) for key in ("classname", "name"))
        return same and bool(self.results) and self.results[-1]["result"] == "passed"

    def _name(self, case: Mapping[str, str]) -> str:
        name, own, owner = self._name_format, case.get("name", ""), case.get("classname", "")
        # Some tools repeat a part of the name as the class.
        is_repeated = own == owner or own.startswith(f"{owner}.") or own.endswith(f" {owner}")
        for key, value in (
            ("{name}", own),
            ("{classname}", "" if is_repeated else owner),
            ("{suite}", self._suites[-1] if self._suites else ""),
            ("{file}", case.get("file", "")),
        ):
            name = name.replace(key, value)
        return (valid_name(name).strip("./: ") or "unnamed test case")[:MAX_NAME]


def xml_encoding(beginning: bytes) -> str:
    """The encoding that the beginning of an XML file shows or declares."""
    if beginning[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "utf-16"
    if beginning[:2] in (b"<\0", b"\0<"):
        return "utf-16-le" if beginning[:1] == b"<" else "utf-16-be"
    declared = re.match(rb"""\s*<\?xml[^>]{0,200}?encoding=["']([\w.-]{1,40})""", beginning)
    if declared:
        name = declared[1].decode("ascii", "replace")
        with contextlib.suppress(LookupError, UnicodeError):
            # A declaration that can be read as ASCII is not in UTF-16, which some declare.
            is_text = b"<?xml".decode(name, "replace") == "<?xml"
            if is_text and codecs.lookup(name).incrementaldecoder:
                return name
    return "utf-8"


def xml_text(chunks: Iterable[bytes]) -> Iterator[str]:
    """The text of an XML file without the characters that XML forbids. Raises Unreadable."""
    decode: codecs.IncrementalDecoder | None = None
    held = ""
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_XML_BYTES:
            raise Unreadable(f"it is larger than {MAX_XML_BYTES:,} bytes")
        if decode is None:
            decode = codecs.getincrementaldecoder(xml_encoding(chunk))("replace")
            text = decode.decode(chunk).lstrip("\ufeff \t\r\n")
        else:
            text = held + decode.decode(chunk)
        # A reference can continue in the next chunk.
        cut = text.rfind("&", max(0, len(text) - MAX_REFERENCE_LENGTH))
        cut = len(text) if cut < 0 or ";" in text[cut:] else cut
        text, held = text[:cut], text[cut:]
        yield REFERENCE.sub(_valid_reference, FORBIDDEN.sub("\ufffd", text))
    yield held


def _valid_reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    is_valid = code <= sys.maxunicode and not FORBIDDEN.match(chr(code))
    return match[0] if is_valid else "\ufffd"


def _refuse_entities(*_: Any) -> NoReturn:
    raise InputError("defines XML entities, which no JUnit report needs")


def _duration(text: str) -> float | None:
    """The seconds of a test case as its writers format them: `1.5`, `1,234.5`, `0,5`."""
    has_thousands = re.fullmatch(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?", text)
    try:
        seconds = float(text.replace(",", "" if has_thousands else "."))
    except ValueError:
        return None
    return seconds if 0 <= seconds <= MAX_SECONDS else None


# --- The CI system ---


class Sourced(NamedTuple):
    """A value of the payload and where it comes from."""

    value: Any
    source: str


class CiRun(NamedTuple):
    """What the environment of a CI job tells about its run."""

    system: str
    fields: dict[str, Sourced]


CI_SYSTEMS: tuple[tuple[str, str, dict[str, str]], ...] = (
    (
        "GitLab CI",
        "GITLAB_CI",
        {
            "batch_id": "CI_PIPELINE_ID",
            "run_url": "CI_PIPELINE_URL",
            "commit_sha": "CI_COMMIT_SHA",
            "started_at": "CI_PIPELINE_CREATED_AT",
        },
    ),
    (
        "Buildkite",
        "BUILDKITE",
        {
            "batch_id": "BUILDKITE_BUILD_ID",
            "run_url": "BUILDKITE_BUILD_URL",
            "commit_sha": "BUILDKITE_COMMIT",
        },
    ),
    (
        "CircleCI",
        "CIRCLECI",
        {
            "batch_id": "CIRCLE_WORKFLOW_ID",
            "run_url": "CIRCLE_BUILD_URL",
            "commit_sha": "CIRCLE_SHA1",
        },
    ),
    (
        "Jenkins",
        "JENKINS_URL",
        {"batch_id": "BUILD_TAG", "run_url": "BUILD_URL", "commit_sha": "GIT_COMMIT"},
    ),
)


def detect_ci(env: Mapping[str, str]) -> CiRun:
    """The fields of the run, each with its variable; none outside of a known CI system."""
    if env.get("GITHUB_ACTIONS") == "true":
        return CiRun("GitHub Actions", _github_fields(env))
    for system, marker, names in CI_SYSTEMS:
        if env.get(marker):
            fields = {
                field: Sourced(env[name], f"${name}")
                for field, name in names.items()
                if env.get(name, "").strip()
            }
            retries = whole_number(env.get("BUILDKITE_RETRY_COUNT"))
            if system == "Buildkite" and retries is not None:
                fields["run_attempt"] = Sourced(retries + 1, "$BUILDKITE_RETRY_COUNT")
            return CiRun(system, fields)
    return CiRun("", {})


def _github_fields(env: Mapping[str, str]) -> dict[str, Sourced]:
    fields: dict[str, Sourced] = {}
    repository, run_id = env.get("GITHUB_REPOSITORY", ""), env.get("GITHUB_RUN_ID", "")
    attempt = whole_number(env.get("GITHUB_RUN_ATTEMPT"))
    if run_id:
        workflow = env.get("GITHUB_WORKFLOW", "") or "run"
        fields["batch_id"] = Sourced(
            valid_name(f"{workflow}-{run_id}")[-200:], "$GITHUB_WORKFLOW and $GITHUB_RUN_ID"
        )
    if run_id and repository:
        server = env.get("GITHUB_SERVER_URL", "https://github.com").rstrip("/")
        address = f"{server}/{repository}/actions/runs/{run_id}"
        if attempt and attempt > 1:
            address += f"/attempts/{attempt}"
        fields["run_url"] = Sourced(address, "$GITHUB_REPOSITORY and $GITHUB_RUN_ID")
    if env.get("GITHUB_SHA"):
        fields["commit_sha"] = Sourced(env["GITHUB_SHA"], "$GITHUB_SHA")
    if attempt:
        fields["run_attempt"] = Sourced(attempt, "$GITHUB_RUN_ATTEMPT")
    return fields


# --- The jobs of the run ---


class Jobs(NamedTuple):
    """The run's CI jobs as the payload lists them, and what is doubtful about them."""

    jobs: list[dict[str, Any]]
    notes: list[str]
    run_started_at: str | None = None


class JobList:
    """Collects the jobs of a run, with one note for all of a kind."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._now = utc_now()
        self._jobs: list[dict[str, Any]] = []
        self._without_start: list[str] = []
        self._running: list[str] = []
        self._unnamed: list[str] = []

    def add(
        self,
        name: Any,
        hints: Iterable[Any],
        is_own: bool,
        started_at: Any,
        completed_at: Any,
        queued_at: Any = None,
    ) -> None:
        """Add a job that had a runner; one without an end is still running."""
        name = valid_name(str(name or ""))[:200] or "job"
        began = real_time(started_at)
        ended, queued = real_time(completed_at or self._now), real_time(queued_at)
        if began is None or ended is None:
            self._without_start.append(name)
            return
        runner_os = runner_os_of(str(hint or "") for hint in hints)
        if runner_os is None and is_own:
            runner_os = runner_os_of([self._env.get("RUNNER_OS", "")])
        if runner_os is None:
            runner_os = "other"
            self._unnamed.append(name)
        if not completed_at and not is_own:
            self._running.append(name)
        job = {"name": name, "runner_os": runner_os, "started_at": time_text(began)}
        # Clocks of runners and servers differ by seconds: no job ends or begins before its time.
        if queued and queued <= began:
            job["queued_at"] = time_text(queued)
        job["completed_at"] = time_text(max(began, ended))
        self._jobs.append(job)

    def finished(self, run_started_at: str | None = None) -> Jobs:
        """All jobs and the notes about them."""
        notes = [
            f"{counted(len(names), 'job')} of this run, such as “{names[0]}”, {doubt}"
            for names, doubt in (
                (self._running, "still running: minutes count up to now; upload in a last job"),
                (
                    self._unnamed,
                    "with no operating system in the labels or the name of the runner: counted "
                    "as other; add a label or tag such as linux or macos to the runner",
                ),
                (self._without_start, "with times that cannot be read: not counted"),
            )
            if names
        ]
        return Jobs(self._jobs, notes, run_started_at)


def runner_os_of(words: Iterable[str]) -> str | None:
    """The operating system that labels, tags or a description name, None if they name none."""
    for word in words:
        text = word.lower()
        if re.search(r"macos|mac-os|(?:^|[^a-z])(?:mac|osx|darwin|xcode)(?:$|[^a-z])", text):
            return "macos"
        if re.search(r"windows|(?:^|[^a-z])win(?:$|[^a-z])", text):
            return "windows"
        if re.search(r"linux|ubuntu|debian|fedora|alpine|centos|rhel|(?:^|[^a-z])docker", text):
            return "linux"
    return None


def github_jobs(env: Mapping[str, str], session: Session, deadline: Deadline) -> Jobs:
    """The jobs of this run and attempt. Raises Unavailable and Refused."""
    token = env.get("GITHUB_TOKEN", "") or env.get("GH_TOKEN", "")
    api = env.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    attempt = whole_number(env.get("GITHUB_RUN_ATTEMPT")) or 1
    run = f"{api}/repos/{env.get('GITHUB_REPOSITORY', '')}/actions/runs/{env['GITHUB_RUN_ID']}"
    run += f"/attempts/{attempt}"
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    found = session.get_pages(f"{run}/jobs?per_page=100", headers, deadline, key="jobs")
    run_started_at = None
    with contextlib.suppress(Unavailable, Refused):
        answer = session.get_json(run, headers, deadline)
        run_started_at = answer.get("run_started_at") if isinstance(answer, dict) else None
    attempt_began = real_time(run_started_at)
    jobs = JobList(env)
    for job in found:
        started_at, completed_at = job.get("started_at"), job.get("completed_at")
        if not started_at or job.get("conclusion") == "skipped":
            continue
        if job.get("conclusion") == "cancelled" and not job.get("runner_id"):
            continue  # cancelled while it waited for a runner
        if not completed_at and job.get("status") != "in_progress":
            continue  # still waits for a runner
        ended = real_time(completed_at)
        if attempt_began and ended and ended < attempt_began:
            continue  # passed in an earlier attempt, whose upload counts it
        own = env.get("RUNNER_NAME")
        jobs.add(
            job.get("name"),
            [
                *_listed(job.get("labels")),
                job.get("runner_name"),
                job.get("runner_group_name"),
            ],
            bool(own) and job.get("runner_name") == own,
            started_at,
            completed_at,
            job.get("created_at"),
        )
    return jobs.finished(run_started_at if attempt_began else None)


def gitlab_jobs(env: Mapping[str, str], session: Session, deadline: Deadline) -> Jobs:
    """The jobs of this pipeline, retried ones included. Raises Unavailable and Refused."""
    headers = {"Accept": "application/json"}
    if env.get("BATCH_METRICS_GITLAB_TOKEN"):
        headers["PRIVATE-TOKEN"] = env["BATCH_METRICS_GITLAB_TOKEN"]
    elif env.get("CI_JOB_TOKEN"):
        headers["JOB-TOKEN"] = env["CI_JOB_TOKEN"]
    address = "{}/projects/{}/pipelines/{}/jobs?per_page=100&include_retried=true".format(
        env["CI_API_V4_URL"].rstrip("/"),
        urllib.parse.quote(env.get("CI_PROJECT_ID", ""), safe=""),
        urllib.parse.quote(env["CI_PIPELINE_ID"], safe=""),
    )
    jobs = JobList(env)
    for job in session.get_pages(address, headers, deadline):
        started_at = job.get("started_at")
        if not started_at:
            continue  # skipped, manual or still waiting
        runner = job.get("runner")
        runner = runner if isinstance(runner, dict) else {}
        began, waited = real_time(started_at), job.get("queued_duration")
        queued_at = None
        if began and isinstance(waited, (int, float)) and 0 <= waited <= MAX_SECONDS:
            queued_at = time_text(began - timedelta(seconds=waited))
        jobs.add(
            job.get("name"),
            [*_listed(job.get("tag_list")), runner.get("description"), runner.get("platform")],
            str(job.get("id")) == env.get("CI_JOB_ID"),
            started_at,
            job.get("finished_at"),
            queued_at,
        )
    return jobs.finished()


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def jobs_from_file(path: str) -> Jobs:
    """Jobs that the user lists: a JSON array, or one job per line. Raises InputError."""
    try:
        found = read_input(path)
        jobs = found.content.get("jobs") if found.kind == "payload" else found.content
        if isinstance(found.content, dict) and "started_at" in found.content:
            jobs = [found.content]
        if not isinstance(jobs, list) or not all(isinstance(job, dict) for job in jobs):
            raise InputError("must be a JSON array of jobs, or one job per line")
    except InputError as error:
        raise InputError(f"--jobs-from {path}: {error}") from None
    for job in jobs:
        # People write what their CI system calls it: macOS, ubuntu-24.04.
        word = str(job.get("runner_os") or "")
        if word not in RUNNER_OSES:
            job["runner_os"] = runner_os_of([word]) or word
    return Jobs(jobs, [])


# --- Times ---

TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:[Zz]| ?([+-][0-9]{2})(?::?([0-9]{2}))?)?"
)


def utc_now() -> str:
    """The time of this moment."""
    return time_text(datetime.now(timezone.utc))


def time_text(moment: datetime) -> str:
    """A time as the payload writes it: `2026-11-20T08:30:00Z`."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str) -> datetime | None:
    """The UTC time that the server reads from a text, None if it accepts none."""
    match = TIME.fullmatch(text)
    if match is None:
        return None
    day, hour_minute, second, hours, minutes = match.groups()
    second = "59" if second == "60" else second
    offset = f"{hours or '+00'}:{minutes or '00'}"
    with contextlib.suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(f"{day}T{hour_minute}:{second}{offset}")
        return moment.astimezone(timezone.utc)
    return None


def real_time(value: Any) -> datetime | None:
    """The time that a CI system states, None if it states none or the year 1 for none."""
    moment = parse_time(value) if isinstance(value, str) else None
    return moment if moment and moment.year >= 2000 else None


# --- HTTP ---


class Deadline:
    """A moment after which nothing more is tried."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds until then, 0 when it is over."""
        return max(0.0, self._ends - time.monotonic())

    def part(self) -> Deadline:
        """A third of the time left, and never much: what comes next needs the most of it."""
        return Deadline(min(CI_SECONDS, self.remaining() / 3))


class Answer(NamedTuple):
    """What a server answered."""

    status: int
    headers: email.message.Message
    body: bytes


class _SameOrigin(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only to the same scheme, host and port: it carries the token.

    An upload is only sent again where the method stays POST.
    """

    max_redirections = 3

    def redirect_request(
        self,
        req: urllib.request.Request,
        _fp: Any,
        code: int,
        _msg: str,
        _headers: Any,
        newurl: str,
    ) -> urllib.request.Request | None:
        if _origin(req.full_url) != _origin(newurl):
            return None
        if req.data is not None and code not in (307, 308):
            return None
        return urllib.request.Request(  # noqa: S310
            newurl, req.data, req.headers, method=req.get_method()
        )

    # Python knows this status since 3.11.
    http_error_308 = urllib.request.HTTPRedirectHandler.http_error_302


class Session:
    """HTTP with a time limit that holds whatever the server does.

    Proxies and certificates are those of Python's own clients: HTTPS_PROXY, NO_PROXY,
    SSL_CERT_FILE. `ca_file` adds the certificates of another authority.
    """

    def __init__(self, ca_file: str | None = None) -> None:
        context = ssl.create_default_context()
        if ca_file:
            try:
                context.load_verify_locations(ca_file)
            except OSError as error:
                raise InputError(f"--ca-file {ca_file}: cannot be used: {error}") from None
        self._opener = urllib.request.build_opener(
            _SameOrigin(), urllib.request.HTTPSHandler(context=context)
        )
        self._opener.addheaders = [("User-Agent", USER_AGENT)]

    def request(
        self,
        address: str,
        deadline: Deadline,
        headers: Mapping[str, str],
        body: bytes | None = None,
    ) -> Answer:
        """One request and its whole answer. Raises Unavailable if there is none in time."""
        if not address.lower().startswith(("http://", "https://")):
            raise Unavailable(f"{address[:200]!r} is not an HTTP address")
        seconds = min(deadline.remaining(), ATTEMPT_SECONDS)
        if seconds <= 0:
            raise Unavailable("the time limit was exceeded")
        request = urllib.request.Request(address, body, dict(headers))  # noqa: S310
        return within(seconds, lambda: self._exchange(request, seconds))

    def _exchange(self, request: urllib.request.Request, seconds: float) -> Answer:
        try:
            with self._opener.open(request, timeout=seconds + 1) as response:
                return Answer(response.status, response.headers, _bounded(response))
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, _bounded(error))

    def get_json(self, address: str, headers: Mapping[str, str], deadline: Deadline) -> Any:
        """The JSON at an address of a CI system's API. Raises Unavailable and Refused."""
        return self._get_json(address, headers, deadline)[0]

    def get_pages(
        self, address: str, headers: Mapping[str, str], deadline: Deadline, key: str | None = None
    ) -> list[dict[str, Any]]:
        """The entries of all pages of a list. Raises Unavailable and Refused.

        `Link` is followed on the same host only, because the token goes with it.
        """
        entries: list[dict[str, Any]] = []
        following = address
        for _page in range(MAX_PAGES):
            value, links = self._get_json(following, headers, deadline)
            page = value.get(key) if key and isinstance(value, dict) else value
            if not isinstance(page, list):
                raise Unavailable(f"{_host(address)} did not answer with a list")
            entries += [entry for entry in page if isinstance(entry, dict)]
            following = _next_link(links)
            if not following:
                return entries
            if _origin(following) != _origin(address):
                raise Unavailable(f"{_host(address)} links to a next page on another host")
        raise Unavailable(f"the run has more than {MAX_PAGES * 100:,} jobs")

    def _get_json(
        self, address: str, headers: Mapping[str, str], deadline: Deadline
    ) -> tuple[Any, str]:
        def attempt() -> tuple[Any, str]:
            answer = self.request(address, deadline, headers)
            is_limited = answer.status == 403 and (
                "Retry-After" in answer.headers
                or answer.headers.get("X-RateLimit-Remaining") == "0"
            )
            if answer.status in RETRIED_STATUSES or is_limited:
                raise _Retry(f"{_host(address)} answered {answer.status}", answer)
            if answer.status != 200:
                reason = f"{_host(address)} answered {answer.status}{_detail(answer)}"
                raise Refused(reason, answer.status)
            try:
                value = load_json(answer.body.decode("utf-8"))
            except ValueError:
                raise _Retry(f"{_host(address)} did not answer with JSON") from None
            return value, answer.headers.get("Link") or ""

        return retried(attempt, deadline)


class TimedOut(Unavailable):
    """No complete answer arrived in time."""


class _Retry(Unavailable):
    """A failure after which another attempt can succeed; `answer` may ask for a wait."""

    def __init__(self, message: str, answer: Answer | None = None) -> None:
        super().__init__(message)
        self.answer = answer


def within(seconds: float, action: Callable[[], T]) -> T:
    """The result of an action. Raises Unavailable if it fails or takes longer.

    The time limit of a socket holds for each read: a server that sends a byte now and then never
    reaches it. So the action runs in a thread, which is left behind when the time is over.
    """
    found: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            found.append(action())
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if found:
        return found[0]
    if not failed:
        raise TimedOut(f"no complete answer within {seconds:.1f} s")
    reason = getattr(failed[0], "reason", None) or failed[0]
    text = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
    raise Unavailable(one_line(str(text))[:500]) from None


def retried(attempt: Callable[[], T], deadline: Deadline) -> T:
    """The result of an action, which is tried again after growing waits until the deadline."""
    wait = FIRST_WAIT_SECONDS
    reason: Unavailable | None = None
    while True:
        try:
            return attempt()
        except Unavailable as error:
            # What failed while there was time says more than that the last attempt had none left.
            if reason is None or not isinstance(error, TimedOut):
                reason = error
            asked = _asked_wait(error.answer) if isinstance(error, _Retry) else 0.0
            # Many jobs that failed together must not all come back together.
            pause = asked + wait * random.uniform(0.5, 1.0)  # noqa: S311
            if pause >= deadline.remaining():
                raise reason from None
            time.sleep(pause)
            wait = min(wait * 2, MAX_WAIT_SECONDS)


def _asked_wait(answer: Answer | None) -> float:
    """Seconds that a server asks its client to wait."""
    if answer is None:
        return 0.0
    text = (answer.headers.get("Retry-After") or "").strip()
    seconds = whole_number(text)
    if seconds is not None:
        return float(seconds)
    with contextlib.suppress(TypeError, ValueError, IndexError):
        moment = email.utils.parsedate_to_datetime(text)
        return max(0.0, (moment - datetime.now(timezone.utc)).total_seconds())
    reset = whole_number(answer.headers.get("X-RateLimit-Reset"))
    if reset is not None and answer.headers.get("X-RateLimit-Remaining") == "0":
        return max(0.0, reset - time.time())
    return 0.0


def _bounded(response: Any) -> bytes:
    body: bytes = response.read(MAX_ANSWER_BYTES + 1)
    if len(body) > MAX_ANSWER_BYTES:
        raise ValueError(f"the answer is larger than {MAX_ANSWER_BYTES:,} bytes")
    expected = whole_number(response.headers.get("Content-Length"))
    if expected is not None and len(body) < expected:
        raise http.client.IncompleteRead(body, expected - len(body))
    return body


def _next_link(header: str) -> str:
    for part in header.split(","):
        address, _separator, parameters = part.partition(">")
        if re.search(r'\brel="?next\b', parameters):
            return address.strip().lstrip("<")
    return ""


def _origin(address: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(address)
    return parts.scheme, parts.netloc


def _host(address: str) -> str:
    return urllib.parse.urlsplit(address).netloc


def _detail(answer: Answer) -> str:
    """What an answer says about itself, as the end of a sentence of one line."""
    text = answer.body[:2_000].decode("utf-8", "replace").strip()
    value = _object(answer.body)
    if value:
        text = str(value.get("detail") or value.get("message") or "")
    if text.startswith("<"):
        text = ""
    location = answer.headers.get("Location")
    if location and 300 <= answer.status < 400:
        text = f"it redirects to {location}; use that address"
    return f": {one_line(text)[:500]}" if text else ""


def _object(body: bytes) -> dict[str, Any]:
    with contextlib.suppress(ValueError):
        value = load_json(body.decode("utf-8"))
        if isinstance(value, dict):
            return value
    return {}


# --- The dashboard ---


class Dashboard:
    """The dashboard that uploads go to, and the token for it, which is never printed."""

    def __init__(self, address: str, token: str, session: Session) -> None:
        self.address = address
        self._session = session
        self._authorization = {"Authorization": f"Bearer {token}"} if token else {}

    def upload(self, packed: bytes, deadline: Deadline, dry_run: bool = False) -> dict[str, Any]:
        """Store a payload; the server's answer. Raises Unavailable and Refused.

        The server recognises content that it has stored, so trying again is safe.
        """
        query, wanted = ("dry_run=1", 200) if dry_run else ("summary=1", 201)
        headers = {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
            **self._authorization,
        }

        def attempt() -> dict[str, Any]:
            answer = self._session.request(
                f"{self.address}/batch-metrics?{query}", deadline, headers, packed
            )
            if answer.status in RETRIED_STATUSES:
                raise _Retry(f"the dashboard answered {answer.status}{_detail(answer)}", answer)
            value = _object(answer.body)
            if answer.status == wanted and (
                isinstance(value.get("batch_run_id"), int) or value.get("dry_run") is True
            ):
                return value
            if 200 <= answer.status < 300:
                raise _Retry(
                    f"the server that answered {answer.status} is not a Batch Dashboard; "
                    "check the address"
                )
            raise Refused(
                f"the dashboard answered {answer.status}{_detail(answer)}{_more_errors(value)}",
                answer.status,
                answer.status in REJECTED_STATUSES and isinstance(value.get("errors"), list),
            )

        return retried(attempt, deadline)

    def plan(
        self,
        ecosystem: str,
        candidates: Sequence[Candidate] | None,
        query: Mapping[str, str],
        deadline: Deadline,
    ) -> dict[str, Any]:
        """The plan for candidates; for None, that of all recipes that the dashboard knows.

        Raises Unavailable and Refused.
        """
        address = f"{self.address}/api/v1/plan/{_path_name(ecosystem)}"

        def ask(parameters: Mapping[str, str], body: bytes | None = None) -> Answer:
            headers = dict(self._authorization)
            if body is not None:
                headers.update({"Content-Type": "application/json", "Content-Encoding": "gzip"})
            url = f"{address}?{urllib.parse.urlencode(parameters)}" if parameters else address

            def attempt() -> Answer:
                answer = self._session.request(url, deadline, headers, body)
                reason = f"the dashboard answered {answer.status}{_detail(answer)}"
                if answer.status in RETRIED_STATUSES:
                    raise _Retry(reason, answer)
                if answer.status != 200:
                    raise Refused(reason, answer.status)
                return answer

            return retried(attempt, deadline)

        if candidates is not None:
            listed = [candidate.as_object() for candidate in candidates]
            return _object(ask(query, gzip.compress(json.dumps(listed).encode(), 1)).body)
        plan = _object(ask(query).body)
        if plan:
            # Without candidates, only the plan as text lists what to run.
            names = ask({**query, "format": "text"}).body.decode("utf-8", "replace")
            plan["run"] = [{"recipe_name": name} for name in names.split("\n") if name]
        return plan

    def decision(self, ecosystem: str, deadline: Deadline) -> list[str]:
        """The advice for an ecosystem as `key=value` lines. Raises Unavailable and Refused."""
        address = f"{self.address}/api/v1/decision/{_path_name(ecosystem)}?format=env"
        answer = self._session.request(address, deadline, self._authorization)
        if answer.status != 200:
            reason = f"the dashboard answered {answer.status}{_detail(answer)}"
            raise Refused(reason, answer.status)
        lines = [
            line
            for line in answer.body.decode("utf-8", "replace").split("\n")
            if re.fullmatch(r"[a-z][a-z0-9_]*=.*", line) and line == one_line(line)
        ]
        if not any(line in [f"decision={word}" for word in DECISIONS] for line in lines):
            raise Unavailable("the answer contains no decision; check the address")
        return lines


def _path_name(name: str) -> str:
    """A name in a path, escaped as in the links of the pages."""
    return urllib.parse.quote(name.replace("~", "~7E").replace("/", "~2F"), safe="~")


def _more_errors(answer: Mapping[str, Any]) -> str:
    """The problems that a refusal lists after its first one, which is in its detail."""
    messages = [
        str(entry.get("message", ""))
        for entry in _listed(answer.get("errors"))[1:]
        if isinstance(entry, dict)
    ]
    return "".join(f"; {one_line(message)[:200]}" for message in messages[:20])


def identity_token(
    env: Mapping[str, str], audience: str, session: Session, deadline: Deadline
) -> Sourced | None:
    """A short-lived token that the CI system signs, so that no secret needs to be stored.

    None if the CI system offers none. Raises Unavailable and Refused.
    """
    if env.get("BATCH_METRICS_ID_TOKEN"):
        return Sourced(env["BATCH_METRICS_ID_TOKEN"].strip(), "$BATCH_METRICS_ID_TOKEN")
    address = env.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
    secret = env.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
    if not address or not secret:
        return None
    separator = "&" if "?" in address else "?"
    answer = session.get_json(
        f"{address}{separator}audience={urllib.parse.quote(audience, safe='')}",
        {"Authorization": f"Bearer {secret}", "Accept": "application/json"},
        deadline,
    )
    token = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token:
        raise Unavailable("GitHub Actions gave no identity token")
    return Sourced(token, "an identity token of GitHub Actions")


# --- The payload ---


def build_payload(
    fields: Mapping[str, Sourced],
    results: Sequence[dict[str, Any]],
    jobs: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    """The payload: the fields, with further results and jobs; the counts if there are any."""
    payload = {name: found.value for name, found in fields.items()}
    if results:
        payload["results"] = listed = [*_listed(payload.get("results")), *results]
        counts = Counter(str(entry.get("result")) for entry in listed if isinstance(entry, dict))
        payload.update({name: counts[name] for name in RESULTS})
        payload["total_recipes"] = len(listed)
    payload.setdefault("results", [])
    payload.setdefault("total_recipes", len(_listed(payload["results"])))
    for result in _listed(payload["results"]):
        if isinstance(result, dict):
            result.setdefault("ecosystem", payload.get("ecosystem"))
    if jobs:
        payload.setdefault("jobs", jobs)
    return payload


def encoded(payload: Mapping[str, Any]) -> bytes:
    """A payload as it is sent: compressed, and the same bytes for the same payload."""
    text = json.dumps(payload, ensure_ascii=False, allow_nan=False)
    return gzip.compress(re.sub("[\ud800-\udfff]", "\ufffd", text).encode("utf-8"), 6, mtime=0)


class Rule(NamedTuple):
    """What the server accepts for a field; `most` is a length, a number or a count of entries."""

    kind: str
    is_required: bool = False
    most: float = math.inf
    least: float = 0
    words: tuple[str, ...] = ()


RUN_RULES = {
    "batch_id": Rule("text", True, 200),
    "ecosystem": Rule("text", True, 100),
    "started_at": Rule("time", True),
    "completed_at": Rule("time"),
    "run_attempt": Rule("count", most=MAX_COUNT, least=1),
    "total_recipes": Rule("count", True, MAX_COUNT),
    "passed": Rule("count", most=MAX_COUNT),
    "failed": Rule("count", most=MAX_COUNT),
    "skipped": Rule("count", most=MAX_COUNT),
    "success_rate": Rule("number", most=1),
    "macos_minutes": Rule("number", most=MAX_MINUTES),
    "linux_minutes": Rule("number", most=MAX_MINUTES),
    "run_url": Rule("text", most=2_000),
    "commit_sha": Rule("text", most=200),
}
RESULT_RULES = {
    "recipe_name": Rule("text", True, MAX_NAME),
    "recipe_version": Rule("text", most=200),
    "ecosystem": Rule("text", True, 100),
    "result": Rule("word", True, words=RESULTS),
    "failure_class": Rule("word", words=("package", "infrastructure")),
    "error_category": Rule("text", most=100),
    "error_message": Rule("message"),
    "duration_seconds": Rule("number", most=MAX_SECONDS),
    "platform": Rule("text", most=100),
}
JOB_RULES = {
    "name": Rule("text", True, 200),
    "runner_os": Rule("word", True, words=RUNNER_OSES),
    "queued_at": Rule("time"),
    "started_at": Rule("time", True),
    "completed_at": Rule("time"),
}
MAX_PROBLEMS = 100


def shape_problems(payload: Any) -> list[str]:
    """What the server would refuse about the shape of a payload, the first 100 problems."""
    if not isinstance(payload, dict):
        return ["the payload must be a JSON object"]
    return list(itertools.islice(_problems(payload), MAX_PROBLEMS))


def _problems(payload: Mapping[str, Any]) -> Iterator[str]:
    found = False
    for problem in itertools.chain(
        _object_problems(payload, RUN_RULES, ""),
        _array_problems(payload.get("jobs"), "jobs", False, MAX_JOBS, JOB_RULES),
        _array_problems(payload.get("results"), "results", True, MAX_RESULTS, RESULT_RULES),
    ):
        found = True
        yield problem
    if not found:
        yield from _count_problems(payload)
    began = parse_time(str(payload.get("started_at")))
    ended = parse_time(str(payload.get("completed_at")))
    if began and ended and ended < began:
        yield "completed_at must not be before started_at"


def _array_problems(
    entries: Any, name: str, is_required: bool, most: int, rules: Mapping[str, Rule]
) -> Iterator[str]:
    if entries is None and not is_required:
        return
    if not isinstance(entries, list):
        yield f"{name} array is required" if is_required else f"{name} must be an array"
    elif len(entries) > most:
        yield f"{name} contains {len(entries):,} entries; send at most {most:,} at once"
    else:
        for index, entry in enumerate(entries):
            path = f"{name}[{index}]"
            if isinstance(entry, dict):
                yield from _object_problems(entry, rules, f"{path}.")
            else:
                yield f"{path} must be an object"


def _object_problems(
    entry: Mapping[str, Any], rules: Mapping[str, Rule], prefix: str
) -> Iterator[str]:
    for name, rule in rules.items():
        value = entry.get(name)
        if value is None or (value == "" and rule.is_required):
            problem = "is required" if rule.is_required else ""
        else:
            problem = _value_problem(value, rule)
        if problem:
            yield f"{prefix}{name} {problem}"


def _value_problem(value: Any, rule: Rule) -> str:
    """What is wrong with a value, to follow its path in a sentence; empty if nothing is."""
    if rule.kind in ("count", "number"):
        return _number_problem(value, rule)
    if not isinstance(value, str):
        return f"must be text, not {_shown(value)}"
    if rule.kind == "word":
        is_known = value in rule.words
        return "" if is_known else f"must be {' or '.join(rule.words)}, not “{_shown(value)}”"
    if rule.kind == "time":
        wanted = "must be an RFC 3339 time such as 2026-01-31T08:30:00Z"
        return f"{wanted}, not “{_shown(value)}”" if parse_time(value) is None else ""
    if rule.kind == "message":
        return "must not contain NUL" if "\0" in value else ""
    if re.search(r"[\x00-\x1f\x7f-\x9f]", value):
        return "must not contain control characters"
    if len(value) > rule.most:
        return f"must be at most {rule.most} characters, not {len(value)}"
    return ""


def _number_problem(value: Any, rule: Rule) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return f"must be a number, not {_shown(value)}"
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    if rule.kind == "count" and value != int(value):
        return f"must be a whole number, not {value}"
    if value < rule.least:
        return f"must be at least {rule.least}, not {_shown(value)}"
    return f"must be at most {rule.most}, not {_shown(value)}" if value > rule.most else ""


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return one_line(text[:40]) + ("…" if len(text) > 40 else "")


def _count_problems(payload: Mapping[str, Any]) -> Iterator[str]:
    listed = Counter(entry["result"] for entry in payload["results"])
    counts = {
        name: listed[name] if payload.get(name) is None else payload[name] for name in RESULTS
    }
    total = payload["total_recipes"]
    if sum(counts.values()) > total:
        outcomes = sum(counts.values())
        yield f"total_recipes is {total}, less than passed + failed + skipped ({outcomes})"
    for name in RESULTS:
        if listed[name] > counts[name]:
            yield f"{name} is {counts[name]}, but results lists {listed[name]} {name}"


# --- The spool ---


class Spool:
    """A folder of payloads that one dashboard could not get yet, one compressed file each.

    A file appears whole or not at all, and the server stores the same content once: several jobs
    can use the folder at once without a lock. No file holds a token.
    """

    def __init__(self, folder: str, address: str) -> None:
        self.folder = os.path.join(folder, urllib.parse.quote(address, safe="")[:200])

    def add(self, packed: bytes) -> str:
        """Keep a payload for later; its file. Raises OSError."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        waiting = self.waiting()
        size = len(packed) + sum(map(_size, waiting))
        if len(waiting) >= SPOOL_ENTRIES or size > SPOOL_BYTES:
            raise OSError(f"the spool {self.folder} is full ({counted(len(waiting), 'upload')})")
        moment = datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        name = f"{moment}-{hashlib.sha256(packed).hexdigest()[:16]}.json.gz"
        path = os.path.join(self.folder, name)
        draft = os.path.join(self.folder, f".{name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(packed)
            file.flush()
            os.fsync(file.fileno())
        os.replace(draft, path)
        return path

    def waiting(self) -> list[str]:
        """The files of what is spooled, oldest first."""
        return sorted(glob.glob(os.path.join(glob.escape(self.folder), "*.json.gz")))

    def send(self, send: Callable[[bytes], Any]) -> tuple[int, int, str]:
        """Send what is spooled; how many were sent, how many remain, and why they do.

        What the dashboard rejects is put aside in the same folder. Raises OSError.
        """
        sent, reason = 0, ""
        for path in self.waiting():
            try:
                with open(path, "rb") as file:
                    send(file.read(SPOOL_BYTES))
            except FileNotFoundError:
                continue  # another job has sent it
            except Unavailable as error:
                reason = str(error)
                break
            except Refused as error:
                reason = str(error)
                if error.is_final:
                    self._put_aside(path, reason)
                elif error.status not in (403, 413):
                    break  # the token or the address is wrong, for the next one too
                continue
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
            sent += 1
        return sent, len(self.waiting()), reason

    def _put_aside(self, path: str, reason: str) -> None:
        warn(f"a spooled upload was rejected and moved to {path}.rejected: {reason}")
        os.replace(path, f"{path}.rejected")
        rejected = sorted(glob.glob(os.path.join(glob.escape(self.folder), "*.rejected")))
        for oldest in rejected[:-SPOOL_ENTRIES]:
            os.remove(oldest)


def _size(path: str) -> int:
    """The size of a file, 0 if another job has removed it."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.getsize(path)
    return 0


def spool_folder(given: str | None, env: Mapping[str, str]) -> str:
    """The folder of what could not be sent: --spool, $BATCH_METRICS_SPOOL or one in the home."""
    state = env.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return given or env.get("BATCH_METRICS_SPOOL") or os.path.join(state, "batch-metrics")


# --- The job summary ---

MAX_LISTED = 20
# Recipes that the plan leaves out.
MAX_REPORTED = 100


def write_summary(path: str, payload: Mapping[str, Any], paragraphs: Iterable[str]) -> None:
    """Append a section about the run to the job's summary, in Markdown."""
    counts = Counter(entry.get("result") for entry in payload["results"])
    outcomes = ", ".join(f"{payload.get(name) or counts[name]:,} {name}" for name in RESULTS)
    counted_outcomes = f"{outcomes} of {counted(payload['total_recipes'], 'recipe')}."
    title = f"Batch run of {markdown(str(payload['ecosystem']))}"
    append_summary(path, title, [counted_outcomes, *paragraphs])


def append_summary(path: str, title: str, paragraphs: Iterable[str]) -> None:
    """Append a section of Markdown to the job's summary."""
    text = "\n\n".join([f"### {title}", *paragraphs])
    try:
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"{text}\n\n")
    except OSError as error:
        say(f"the job summary {path} cannot be written: {error}")


def stored_paragraphs(answer: Mapping[str, Any]) -> Iterator[str]:
    """What the dashboard tells about a stored run, as paragraphs of Markdown."""
    summary = answer.get("summary")
    if isinstance(summary, dict):
        spent = [
            f"{label} {summary[name]:,.1f} min"
            for name, label in (("macos_minutes", "macOS"), ("linux_minutes", "Linux"))
            if isinstance(summary.get(name), (int, float))
        ]
        if isinstance(summary.get("cost_dollars"), (int, float)):
            spent.append(f"${summary['cost_dollars']:,.2f} at list price")
        yield f"Minutes: {', '.join(spent) or 'not reported'}."
        expected, unexpected = expected_failures(answer)
        if expected:
            others = f"{unexpected or 0:,} not"
            yield f"{counted(expected, 'failure')} expected by a known issue, {others}."
        newly, count = newly_failing(answer)
        if newly:
            more = [f"- … and {count - MAX_LISTED:,} more"] if count > MAX_LISTED else []
            yield f"Newly failing since the previous run ({count:,}):"
            yield "\n".join([*(f"- {markdown(name)}" for name in newly[:MAX_LISTED]), *more])
        elif summary.get("previous_batch_run_id") is not None:
            yield "Nothing is newly failing since the previous run."
    if answer.get("url"):
        yield linked(f"Batch run {answer.get('batch_run_id')}", str(answer["url"]))


def newly_failing(answer: Mapping[str, Any]) -> tuple[list[str], int]:
    """The first recipes that fail now and did not in the previous run, and how many do."""
    summary = answer.get("summary")
    found = summary if isinstance(summary, dict) else {}
    names = [str(name) for name in _listed(found.get("newly_failing"))]
    count = found.get("newly_failing_count")
    return names, count if isinstance(count, int) else len(names)


def expected_failures(answer: Mapping[str, Any]) -> tuple[int, int | None]:
    """How many failures known issues expect, and how many others there are; None: unknown."""
    summary = answer.get("summary")
    found = summary if isinstance(summary, dict) else {}
    expected, unexpected = found.get("expected_count"), found.get("unexpected_count")
    return (
        expected if isinstance(expected, int) else 0,
        unexpected if isinstance(unexpected, int) else None,
    )


def markdown(text: str) -> str:
    """Text that Markdown shows as it is: names come from anywhere."""
    return re.sub(r"([\\`*_{}\[\]()<>#+\-.!|~@&:])", r"\\\1", one_line(text)[:200])


def linked(text: str, address: str) -> str:
    """Text of Markdown with a link, or alone if the address is none of HTTP."""
    is_address = re.fullmatch(r"https?://[^\s<>|]+", address)
    return f"[{markdown(text)}](<{address}>)" if is_address else markdown(text)


# --- The plan ---


class Candidate(NamedTuple):
    """A recipe that could run; its version is None if it is not stated."""

    recipe_name: str
    recipe_version: str | None = None

    def as_object(self) -> dict[str, str]:
        """The recipe as an object of JSON."""
        if self.recipe_version is None:
            return {"recipe_name": self.recipe_name}
        return {"recipe_name": self.recipe_name, "recipe_version": self.recipe_version}


class Waiting(NamedTuple):
    """A recipe that the plan leaves out, as the dashboard describes it."""

    recipe_name: str
    because: str
    reason: str
    next_attempt_at: str
    url: str

    def next_attempt(self) -> str:
        """The time of the next attempt for a reader, empty if it is not known."""
        moment = parse_time(self.next_attempt_at)
        return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else self.next_attempt_at

    def why(self) -> str:
        """Why the recipe waits, with the reason of its failures."""
        return f"{self.because} ({self.reason})" if self.reason else self.because


class Plan(NamedTuple):
    """The recipes to run, in order, and those that wait.

    `stop_reason` states why nothing runs; None: the decision for the ecosystem allows runs.
    """

    run: list[Candidate]
    waiting: list[Waiting]
    stop_reason: str | None = None


def read_candidates(path: str) -> list[Candidate]:
    """The candidates of a file, each recipe once. Raises InputError.

    The file has a name or an object per line, or is a JSON array of names or objects.
    """
    try:
        found = {
            composed(candidate.recipe_name): candidate
            for candidate in _candidates(read_text(read_chunks(path)))
        }
        if len(found) > MAX_CANDIDATES:
            raise InputError(
                f"holds {len(found):,} recipes; at most {MAX_CANDIDATES:,} can be sent"
            )
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return list(found.values())


def _candidates(text: str) -> Iterator[Candidate]:
    is_array = text.lstrip().startswith("[")
    entries: Iterable[Any] = _json(text, "the file") if is_array else text.split("\n")
    for number, entry in enumerate(entries, 1):
        place = f"entry {number}" if is_array else f"line {number}"
        if not is_array:
            entry = entry.strip()
            if not entry:
                continue
            if entry.startswith("{"):
                entry = _json(entry, place)
        yield _candidate(entry, place)


def _candidate(entry: Any, place: str) -> Candidate:
    name, version = entry, None
    if isinstance(entry, dict):
        name, version = entry.get("recipe_name"), entry.get("recipe_version")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or name != valid_name(name):
        raise InputError(
            f"{place} must be the name of a recipe, or an object with `recipe_name`; a name has "
            f"1 to {MAX_NAME} characters, no control characters and no space at its ends"
        )
    if version is not None and not isinstance(version, str):
        raise InputError(f"recipe_version in {place} must be a text in quotes")
    return Candidate(name, version or None)


def _json(text: str, place: str) -> Any:
    try:
        return load_json(text)
    except ValueError as error:
        raise InputError(f"{place} is not JSON: {error}") from None


def composed(name: str) -> str:
    """A name as the dashboard stores it: accents joined with their letters."""
    return unicodedata.normalize("NFC", name)


def read_plan(answer: Mapping[str, Any], candidates: Sequence[Candidate] | None) -> Plan:
    """The plan that the dashboard answered. Raises Unavailable if the answer is no plan.

    A candidate that the answer does not mention runs. A recipe that is no candidate never runs.
    """
    named, skipped = _plan_entries(answer.get("run")), _plan_entries(answer.get("skip"))
    if answer.get("decision") not in DECISIONS:
        raise NoPlan
    if candidates is None:
        to_run = [Candidate(name) for name in named]
        # Without candidates, recipes with a known issue are listed apart.
        skipped.update(_plan_entries(answer.get("expected", [])))
    else:
        by_name = {composed(candidate.recipe_name): candidate for candidate in candidates}
        skipped = {name: entry for name, entry in skipped.items() if name in by_name}
        in_order = [by_name.pop(name) for name in named if name in by_name]
        others = [candidate for name, candidate in by_name.items() if name not in skipped]
        to_run = [*in_order, *others]
    waiting = [_waiting(entry) for name, entry in skipped.items() if name not in named]
    if answer["decision"] == "skip":
        reasons = "; ".join(map(str, _listed(answer.get("reasons"))))
        return Plan([], waiting, reasons or "it states no reason")
    return Plan(to_run, waiting)


class NoPlan(Unavailable):
    """An answer that is no plan, such as that of another service."""

    def __init__(self) -> None:
        super().__init__("the answer is no plan; check the address")


def _plan_entries(listed: Any) -> dict[str, dict[str, Any]]:
    """The entries of a list of recipes by their names, in order."""
    if not isinstance(listed, list):
        raise NoPlan
    entries = {}
    for entry in listed:
        name = entry.get("recipe_name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name or name != valid_name(name):
            raise NoPlan
        entries[composed(name)] = entry
    return entries


def _waiting(entry: Mapping[str, Any]) -> Waiting:
    return Waiting(*(one_line(str(entry.get(name) or "")) for name in Waiting._fields))


def report_plan(plan: Plan) -> None:
    """Print what runs and which recipes wait, with the reasons."""
    if plan.stop_reason:
        warn(f"nothing runs, as the dashboard advises: {plan.stop_reason}")
    say(_plan_counts(plan))
    for waiting in plan.waiting[:MAX_REPORTED]:
        until = f" until {waiting.next_attempt()}" if waiting.next_attempt_at else ""
        say(f"left out {waiting.recipe_name}{until}: {waiting.why()} {waiting.url}")
    if len(plan.waiting) > MAX_REPORTED:
        say(f"left out {len(plan.waiting) - MAX_REPORTED:,} more")


def _plan_counts(plan: Plan) -> str:
    return f"{counted(len(plan.run), 'recipe')} to run, {len(plan.waiting):,} left out"


def plan_paragraphs(plan: Plan) -> Iterator[str]:
    """The plan as paragraphs of Markdown."""
    if plan.stop_reason:
        yield f"Nothing runs, as the dashboard advises: {markdown(plan.stop_reason)}"
    yield f"{_plan_counts(plan)}."
    if plan.waiting:
        rows = [
            f"| {linked(waiting.recipe_name, waiting.url)} | {markdown(waiting.next_attempt())} "
            f"| {markdown(waiting.why())} |"
            for waiting in plan.waiting[:MAX_REPORTED]
        ]
        yield "\n".join(["| Left out | Next attempt | Because |", "|---|---|---|", *rows])
    if len(plan.waiting) > MAX_REPORTED:
        yield f"… and {len(plan.waiting) - MAX_REPORTED:,} more."


# --- Commands ---


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace, Mapping[str, str]], int] = options.command
    try:
        return command(options, os.environ)
    except InputError as error:
        say(f"error: {error}")
        return EXIT_USAGE
    except KeyboardInterrupt:
        say("interrupted")
        return EXIT_NOT_SENT
    except Exception as error:
        # A mistake in this program must not stop a job either.
        if getattr(options, "strict", True):
            raise
        kind = type(error).__name__
        warn(f"an error in {USER_AGENT}; the batch run may not be stored: {kind}: {error}")
        return EXIT_OK


def upload(options: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Collect results, minutes and what the CI system knows about the run, and send them."""
    address = _address(options, env)
    session = Session(options.ca_file)
    inputs = _read_inputs(options)
    deadline = Deadline(options.timeout)
    ci = detect_ci(env)
    jobs, jobs_source = _find_jobs(options, env, session, deadline, inputs.base)
    fields = _fields(options, inputs.base, ci, jobs)
    payload = build_payload(fields, inputs.results, jobs.jobs if jobs else [])
    if not payload.get("ecosystem"):
        raise InputError("name the ecosystem with --ecosystem, or in the payload")
    if options.explain:
        explain(payload, fields, ci.system, jobs_source)
    for problem in [*inputs.problems, *(jobs.notes if jobs else [])]:
        warn(problem)
    problems = shape_problems(payload)
    if problems:
        more = f"; and {len(problems) - 10} more" if len(problems) > 10 else ""
        warn(f"the batch run is not valid and was not sent: {'; '.join(problems[:10])}{more}")
        return EXIT_REJECTED if options.strict else EXIT_OK
    code = _send(options, env, session, deadline, address, payload)
    return EXIT_USAGE if options.strict and inputs.problems and code == EXIT_OK else code


def _send(
    options: argparse.Namespace,
    env: Mapping[str, str],
    session: Session,
    deadline: Deadline,
    address: str,
    payload: Mapping[str, Any],
) -> int:
    packed = encoded(payload)
    spool = Spool(spool_folder(options.spool, env), address)
    try:
        dashboard = _dashboard(address, env, session, deadline, options.explain)
        answer = dashboard.upload(packed, deadline, options.dry_run)
    except (Unavailable, Refused) as error:
        outcome, code = _not_stored(error, options, spool, packed)
        warn(outcome)
        if env.get("GITHUB_STEP_SUMMARY") and not options.dry_run:
            write_summary(env["GITHUB_STEP_SUMMARY"], payload, [markdown(outcome)])
        return code if options.strict else _exit_of_failures(options, payload, None)
    for warning in _listed(answer.get("warnings")):
        say(f"warning of the dashboard: {warning}")
    if options.dry_run:
        say("dry run: the dashboard would store this batch run; nothing was stored")
        return _exit_of_failures(options, payload, None)
    if env.get("GITHUB_STEP_SUMMARY"):
        write_summary(env["GITHUB_STEP_SUMMARY"], payload, stored_paragraphs(answer))
    newly, count = newly_failing(answer)
    if newly:
        say(f"newly failing: {count:,}, such as {', '.join(newly[:5])}")
    try:
        _send_spooled(spool, dashboard, deadline)
    except OSError as error:
        warn(f"spooled uploads could not be sent: {error}")
    listed = counted(len(payload["results"]), "result")
    say(f"stored as batch run {answer['batch_run_id']} with {listed}: {answer.get('url', '')}")
    return _exit_of_failures(options, payload, answer)


def _exit_of_failures(
    options: argparse.Namespace, payload: Mapping[str, Any], answer: Mapping[str, Any] | None
) -> int:
    """The exit code by what failed; `answer` is that of the dashboard, if it stored the run."""
    if options.fail_on is None:
        return EXIT_OK
    failed = payload.get("failed")
    if not isinstance(failed, int):
        failed = sum(entry.get("result") == "failed" for entry in payload["results"])
    if options.fail_on == ANY_FAILURE:
        if failed:
            say(f"{counted(failed, 'recipe')} failed (--fail-on any)")
        return EXIT_FAILURES if failed else EXIT_OK
    expected, unexpected = expected_failures(answer or {})
    if unexpected is None:
        if failed:
            warn(
                f"{counted(failed, 'recipe')} failed; the dashboard did not say which failures are"
                " expected, so --fail-on unexpected does not fail the job"
            )
        return EXIT_OK
    if expected:
        say(f"{counted(expected, 'failure')} expected by a known issue")
    if unexpected:
        say(f"{counted(unexpected, 'failure')} not expected (--fail-on unexpected)")
    return EXIT_FAILURES if unexpected else EXIT_OK


def _not_stored(
    error: Unavailable | Refused, options: argparse.Namespace, spool: Spool, packed: bytes
) -> tuple[str, int]:
    """What became of a payload that was not stored, and the exit code of --strict."""
    code = EXIT_REJECTED if isinstance(error, Refused) else EXIT_NOT_SENT
    if isinstance(error, Refused) and error.is_final:
        return f"the batch run was rejected and is not stored: {error}", code
    if options.dry_run:
        return f"the dry run could not be done: {error}", code
    try:
        kept = f"spooled in {spool.add(packed)}; the next upload or the command `retry` sends it"
    except OSError as reason:
        kept = f"and it could not be spooled: {reason}"
    return f"the batch run was not stored: {error}; {kept}", code


def _send_spooled(spool: Spool, dashboard: Dashboard, deadline: Deadline) -> int:
    """Use the time that is left for what could not be sent earlier; how many uploads remain."""
    sent, remaining, reason = spool.send(lambda packed: dashboard.upload(packed, deadline))
    if sent or remaining:
        because = f": {reason}" if remaining and reason else ""
        say(f"sent {counted(sent, 'spooled upload')}; {remaining:,} remain{because}")
    return remaining


def retry(options: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Send what earlier uploads could not send."""
    address = _address(options, env)
    session = Session(options.ca_file)
    deadline = Deadline(options.timeout)
    spool = Spool(spool_folder(options.spool, env), address)
    if not spool.waiting():
        say(f"nothing is spooled in {spool.folder}")
        return EXIT_OK
    try:
        dashboard = _dashboard(address, env, session, deadline)
        return EXIT_NOT_SENT if _send_spooled(spool, dashboard, deadline) else EXIT_OK
    except (Unavailable, Refused, OSError) as error:
        warn(f"spooled uploads could not be sent: {error}")
        return EXIT_NOT_SENT


def validate(options: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Check a payload: its shape here, all rules by a dry run of the server."""
    try:
        found = read_input(options.file)
    except InputError as error:
        raise InputError(f"{options.file}: {error}") from None
    if found.kind != "payload":
        raise InputError(f"{options.file} is not a payload")
    problems = shape_problems(found.content)
    for problem in problems:
        say(problem)
    if problems:
        say(f"{options.file}: {counted(len(problems), 'problem')}")
        return EXIT_REJECTED
    if options.offline:
        say(f"{options.file}: the format is valid; the dashboard was not asked (--offline)")
        return EXIT_OK
    session = Session(options.ca_file)
    deadline = Deadline(options.timeout)
    try:
        dashboard = _dashboard(_address(options, env), env, session, deadline)
        answer = dashboard.upload(encoded(found.content), deadline, dry_run=True)
    except Refused as error:
        say(f"{options.file}: {error}")
        return EXIT_REJECTED
    except Unavailable as error:
        say(f"{options.file}: the format is valid, but the dashboard could not be reached: {error}")
        return EXIT_NOT_SENT
    for warning in _listed(answer.get("warnings")):
        say(f"warning: {warning}")
    say(f"{options.file}: valid; the dashboard would store it")
    return EXIT_OK


def decision(options: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Ask whether to spend minutes. Without a valid response in time, everything runs."""
    try:
        session = Session(options.ca_file)
        deadline = Deadline(options.timeout)
        dashboard = _dashboard(_address(options, env), env, session, deadline)
        lines = dashboard.decision(options.ecosystem, deadline)
    except Exception as error:
        # Also for a mistake in this program: it must never stop a job.
        reason = _cause(error)
        warn(f"the dashboard gave no decision, so everything runs: {reason}")
        lines = ["decision=proceed", f"reasons={one_line(f'no answer: {reason}')}"]
    print("\n".join(lines), flush=True)
    return EXIT_OK


def _cause(error: Exception) -> str:
    is_expected = isinstance(error, (Unavailable, Refused, InputError))
    return str(error) if is_expected else f"{type(error).__name__}: {error}"


def plan(options: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Print the recipes to run, in order. Without a valid response in time, everything runs."""
    candidates = read_candidates(options.candidates) if options.candidates else None
    try:
        found = _ask_for_plan(options, env, candidates)
        report_plan(found)
        paragraphs = list(plan_paragraphs(found))
    except Exception as error:
        # Also for a mistake in this program: it must never stop a job.
        unlisted = "; without --candidates none can be listed" if candidates is None else ""
        outcome = f"the dashboard gave no plan, so everything runs{unlisted}: {_cause(error)}"
        warn(outcome)
        found, paragraphs = Plan(candidates or [], []), [markdown(outcome)]
    if env.get("GITHUB_STEP_SUMMARY"):
        title = f"Plan for {markdown(options.ecosystem)}"
        append_summary(env["GITHUB_STEP_SUMMARY"], title, paragraphs)
    if options.format == "json":
        text = json.dumps([candidate.as_object() for candidate in found.run]) + "\n"
    else:
        text = "".join(f"{candidate.recipe_name}\n" for candidate in found.run)
    # In UTF-8, whatever the terminal's encoding is.
    sys.stdout.buffer.write(text.encode())
    sys.stdout.buffer.flush()
    return EXIT_OK


def _ask_for_plan(
    options: argparse.Namespace, env: Mapping[str, str], candidates: Sequence[Candidate] | None
) -> Plan:
    session = Session(options.ca_file)
    deadline = Deadline(options.timeout)
    dashboard = _dashboard(_address(options, env), env, session, deadline)
    stated = detect_ci(env).fields.get("batch_id")
    batch_id = options.batch_id or (str(stated.value) if stated else None)
    query = {"platform": options.platform, "batch_id": batch_id}
    given = {name: value for name, value in query.items() if value}
    return read_plan(dashboard.plan(options.ecosystem, candidates, given, deadline), candidates)


class Inputs(NamedTuple):
    """What the inputs hold: a payload, results to add to it, and files that broke off."""

    base: dict[str, Any]
    results: list[dict[str, Any]]
    problems: list[str]


def _read_inputs(options: argparse.Namespace) -> Inputs:
    """Read all inputs. Raises InputError unless at least one of several files can be used."""
    paths = expand([*options.files, *options.file, *options.junit])
    if not paths and not options.result:
        raise InputError("nothing to upload: name a file, --junit FILES or --result NAME=passed")
    inputs = Inputs({}, read_pairs(options.result), [])
    room = MessageRoom()
    unusable = 0
    for path in paths:
        try:
            found = read_input(path)
            if found.kind == "payload":
                if inputs.base:
                    raise InputError("is a second payload; upload each payload separately")
                inputs.base.update(found.content)
            elif found.kind == "results":
                inputs.results.extend(found.content)
            else:
                report = JUnitReport(options.recipe_name, room)
                report.read(found.content)
                inputs.results.extend(report.results)
                if report.problem:
                    read = counted(len(report.results), "result")
                    inputs.problems.append(f"{path}: {report.problem}; read {read}")
        except InputError as error:
            unusable += 1
            inputs.problems.append(f"{path}: {error}")
    if unusable and unusable == len(paths) and not options.result:
        raise InputError("; ".join(inputs.problems[:10]))
    given = {"ecosystem": options.ecosystem, "platform": options.platform}
    for result in inputs.results:
        for name, value in given.items():
            if value:
                result.setdefault(name, value)
    return inputs


def _find_jobs(
    options: argparse.Namespace,
    env: Mapping[str, str],
    session: Session,
    deadline: Deadline,
    base: Mapping[str, Any],
) -> tuple[Jobs | None, str]:
    """The run's jobs and where they come from; None if they are not known."""
    if options.jobs_from:
        return jobs_from_file(options.jobs_from), f"--jobs-from {options.jobs_from}"
    if "jobs" in base or options.no_jobs:
        return None, "the payload file" if "jobs" in base else "nowhere: --no-jobs"
    hint = ""
    try:
        if env.get("GITHUB_ACTIONS") == "true" and env.get("GITHUB_RUN_ID"):
            hint = "give the job the permission `actions: read` and the variable GITHUB_TOKEN"
            return github_jobs(env, session, deadline.part()), "the API of GitHub Actions"
        if env.get("GITLAB_CI") and env.get("CI_API_V4_URL") and env.get("CI_PIPELINE_ID"):
            hint = "give the job BATCH_METRICS_GITLAB_TOKEN with the scope read_api"
            return gitlab_jobs(env, session, deadline.part()), "the API of GitLab"
    except (Unavailable, Refused) as error:
        is_forbidden = isinstance(error, Refused) and error.status in (401, 403, 404)
        advice = f"; {hint}" if is_forbidden else ""
        warn(f"the minutes of this run are unknown: its jobs could not be read: {error}{advice}")
        return None, f"nowhere: {error}"
    return None, "nothing: with this CI system, use --jobs-from or --macos-minutes"


def _fields(
    options: argparse.Namespace, base: Mapping[str, Any], ci: CiRun, jobs: Jobs | None
) -> dict[str, Sourced]:
    """The fields of the run: from options, the payload file, the CI system, or the clock."""
    fields = dict(ci.fields)
    if jobs is not None and jobs.run_started_at:
        fields["started_at"] = Sourced(jobs.run_started_at, "the API of GitHub Actions")
    for name, value in base.items():
        if value is not None:
            fields[name] = Sourced(value, "the payload file")
    for name in RUN_RULES:
        value = getattr(options, name, None)
        if value is not None:
            fields[name] = Sourced(value, f"--{name.replace('_', '-')}")
    now = datetime.now(timezone.utc)
    starts = [parse_time(str(job.get("started_at"))) for job in (jobs.jobs if jobs else [])]
    known = [start for start in starts if start is not None]
    if known:
        fields.setdefault("started_at", Sourced(time_text(min(known)), "the first job"))
    clock = "the time of the upload"
    fields.setdefault("batch_id", Sourced(f"batch-{time_text(now)}", clock))
    fields.setdefault("started_at", Sourced(time_text(now), clock))
    # Clocks of servers and runners differ by seconds: the run does not end before its start.
    began = parse_time(str(fields["started_at"].value)) or now
    fields.setdefault("completed_at", Sourced(time_text(max(began, now)), clock))
    return fields


def explain(
    payload: Mapping[str, Any], fields: Mapping[str, Sourced], system: str, jobs_source: str
) -> None:
    """Print which value was taken from which source."""
    say(f"CI system: {system or 'unknown'}")
    for name, value in payload.items():
        if name not in ("results", "jobs"):
            is_given = name in fields and fields[name].value == value
            source = fields[name].source if is_given else "the results"
            say(f"{name} = {str(value)[:200]} (from {source})")
    jobs = _listed(payload.get("jobs"))
    say(f"jobs = {len(jobs)} (from {jobs_source})")
    for runner_os, seconds in sorted(_seconds_by_os(jobs).items()):
        say(f"jobs on {runner_os} take {seconds / 60:.2f} minutes")
    say(f"results = {len(_listed(payload['results']))}")


def _seconds_by_os(jobs: Iterable[Any]) -> dict[str, float]:
    sums: dict[str, float] = {}
    for job in jobs:
        if isinstance(job, dict):
            began = parse_time(str(job.get("started_at")))
            ended = parse_time(str(job.get("completed_at")))
            if began and ended:
                runner_os = str(job.get("runner_os"))
                seconds = (ended - began).total_seconds()
                sums[runner_os] = sums.get(runner_os, 0.0) + seconds
    return sums


def _address(options: argparse.Namespace, env: Mapping[str, str]) -> str:
    """The dashboard's address without the path of the endpoint. Raises InputError."""
    address: str = (options.url or env.get("BATCH_METRICS_URL", "")).strip()
    # People paste the address of the endpoint itself.
    address = re.sub(r"/+(batch-metrics/*)?$", "", address)
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            "set the dashboard's address with --url or BATCH_METRICS_URL, such as "
            "https://dashboard.example.org"
        )
    if parts.username is not None or parts.query or parts.fragment:
        raise InputError("the dashboard's address must contain no password and no `?` or `#`")
    return address


def _dashboard(
    address: str,
    env: Mapping[str, str],
    session: Session,
    deadline: Deadline,
    is_explained: bool = False,
) -> Dashboard:
    """The dashboard with a token: of the environment, else an identity token of the CI system."""
    secret = env.get("BATCH_METRICS_TOKEN", "").strip()
    token: Sourced | None = Sourced(secret, "$BATCH_METRICS_TOKEN")
    if not secret:
        audience = env.get("BATCH_METRICS_AUDIENCE") or address
        token = identity_token(env, audience, session, deadline.part())
    if token and re.search(r"[^\x21-\x7e]", token.value):
        raise InputError(f"{token.source} contains characters that are not allowed in a token")
    if is_explained:
        say(f"token from {token.source if token else 'none was found'}")
    return Dashboard(address, token.value if token else "", session)


# --- Arguments ---


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="batch_metrics.py",
        description="Send the batch runs of a CI job to Batch Dashboard.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=USER_AGENT)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    sending = _command(commands, upload, UPLOAD_SECONDS, "send a batch run")
    sending.add_argument(
        "files",
        nargs="*",
        metavar="FILE",
        help="payload, results as JSON lines, or JUnit XML, detected by content; "
        "`-` for standard input",
    )
    for name, help_text in (
        ("--file", "like FILE, but can be a pattern or begin with a dash"),
        ("--junit", "like FILE; of a folder, all .xml files are read"),
    ):
        sending.add_argument(name, action="append", default=[], metavar="PATTERN", help=help_text)
    sending.add_argument(
        "--result", action="append", default=[], metavar="NAME=passed", help="a single result"
    )
    sending.add_argument("--ecosystem", help="ecosystem of the run, and of results that have none")
    sending.add_argument("--platform", help="platform of results that have none")
    sending.add_argument(
        "--recipe-name",
        default="{classname}.{name}",
        metavar="FORMAT",
        help="recipe name of a JUnit test case, made of {name}, {classname}, {suite} and "
        "{file}; default: %(default)s",
    )
    for name in ("batch-id", "started-at", "completed-at", "run-url", "commit-sha"):
        sending.add_argument(f"--{name}", help="replaces the value of the CI system")
    sending.add_argument("--run-attempt", type=int)
    sending.add_argument("--macos-minutes", type=float)
    sending.add_argument("--linux-minutes", type=float)
    sending.add_argument(
        "--jobs-from", metavar="FILE", help="read the jobs of the run from this JSON file"
    )
    sending.add_argument(
        "--no-jobs", action="store_true", help="do not read jobs from the CI system"
    )
    sending.add_argument("--explain", action="store_true", help="print the source of each value")
    sending.add_argument(
        "--dry-run", action="store_true", help="check the batch run without storing it"
    )
    sending.add_argument("--strict", action="store_true", help="fail the job if the upload fails")
    sending.add_argument(
        "--fail-on",
        choices=(ANY_FAILURE, UNEXPECTED_FAILURE),
        help="fail the job if a recipe failed; `unexpected`: but for those that known issues of the"
        " dashboard expect to fail",
    )

    trying = _command(commands, retry, UPLOAD_SECONDS, "send spooled uploads")
    for spooling in (sending, trying):
        spooling.add_argument(
            "--spool",
            metavar="FOLDER",
            help="folder for uploads that could not be sent; default: $BATCH_METRICS_SPOOL, "
            "or a folder in the home directory",
        )

    checking = _command(commands, validate, VALIDATE_SECONDS, "check a payload without storing it")
    checking.add_argument("file", metavar="FILE")
    checking.add_argument(
        "--offline", action="store_true", help="check the format only, without the dashboard"
    )

    asking = _command(
        commands,
        decision,
        DECISION_SECONDS,
        "ask for advice whether to run; prints key=value lines",
    )
    asking.add_argument("--ecosystem", required=True)

    planning = _command(commands, plan, PLAN_SECONDS, "print the recipes to run, in order")
    planning.add_argument("--ecosystem", required=True)
    planning.add_argument(
        "--candidates",
        metavar="FILE",
        help="the recipes that could run: a name per line, or JSON objects with recipe_name and "
        "recipe_version, one per line or as an array; `-` for standard input; default: every "
        "recipe that the dashboard knows",
    )
    planning.add_argument("--platform", help="where the recipes would run")
    planning.add_argument("--batch-id", help="instead of what the CI system states")
    planning.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="names, one per line, or a JSON array of objects; default: %(default)s",
    )
    return parser


def _command(
    commands: Any, command: Callable[..., int], seconds: float, help_text: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        command.__name__,
        help=help_text,
        description=f"{command.__doc__}",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(command=command)
    parser.add_argument("--url", help="address of the dashboard; default: $BATCH_METRICS_URL")
    parser.add_argument("--ca-file", help="certificates of a private certificate authority")
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=seconds,
        metavar="SECONDS",
        help="time limit in seconds, including retries; default: %(default).0f",
    )
    return parser


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds from 0 to 3600")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
