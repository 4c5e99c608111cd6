"""JUnit XML of many tools gives the counts that each tool prints; broken files lose little.

The files in `junit/` were made by running the tools on small projects (pytest,
unittest-xml-reporting, gotestsum, Jest, Mocha, Vitest, Playwright, GoogleTest, Catch2, CTest,
PHPUnit, RSpec, Bats, TAP, Robot Framework) or written after their documented formats.
"""

import gzip
import itertools
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from batch_dashboard.client import batch_metrics
from batch_dashboard.client.batch_metrics import (
    InputError,
    JUnitReport,
    MessageRoom,
    read_chunks,
    read_input,
)
from tests.client.servers import scripted_server
from tests.client.uploader import STORED, pythons, run_uploader, sent_payload

FILES = Path(__file__).parent / "junit"
# What each tool printed: passed, failed (with errors), skipped (with expected failures and TODO).
PRINTED = {
    "bats": (1, 1, 1),
    "bazel": (0, 1, 0),
    "cargo-nextest": (3, 2, 0),
    "cargo2junit": (2, 1, 1),
    # Prints test cases; the report lists their sections.
    "catch2": (3, 2, 0),
    # One of the failed ones is a program that is missing; one of the skipped ones is disabled.
    "ctest": (1, 2, 2),
    "cypress": (1, 1, 0),
    "exunit": (2, 1, 1),
    "failsafe": (1, 1, 0),
    "go-junit-report-1": (2, 2, 1),
    "go-junit-report-2": (2, 2, 1),
    # One of the skipped ones is disabled.
    "googletest": (1, 1, 2),
    "gotestsum": (2, 4, 1),
    "gradle": (2, 1, 1),
    "jest-junit": (2, 1, 1),
    "junit5-legacy": (1, 2, 1),
    "karma": (1, 1, 1),
    "kotlin": (1, 1, 1),
    "minitest": (1, 2, 1),
    "mocha-junit-reporter": (1, 2, 1),
    "nose": (1, 2, 1),
    "nunit3-junit": (2, 1, 1),
    # One of the failed ones is risky, one of the skipped ones incomplete.
    "phpunit": (2, 4, 2),
    "playwright": (2, 1, 2),
    "pytest-xunit1": (3, 6, 2),
    # Prints “3 rerun” besides: the file lists each attempt.
    "pytest-xunit2-rerunfailures": (3, 6, 2),
    "robot": (1, 1, 1),
    "rspec-junit-formatter": (1, 2, 2),
    "sbt": (2, 1, 1),
    "shellspec": (1, 1, 1),
    "surefire": (3, 3, 1),
    "swift-test": (1, 1, 1),
    # The report marks neither skipped nor TODO tests; two programs ended with an error.
    "tap-formatter-junit": (5, 3, 0),
    "testng": (1, 1, 1),
    "testthat": (2, 2, 1),
    "trx2junit": (1, 1, 1),
    "unittest-xml-reporting": (1, 5, 2),
    "utf-16": (1, 1, 0),
    # One of the failed ones is a file that could not be loaded.
    "vitest": (2, 2, 2),
    "windows-1252": (0, 1, 0),
    "xcpretty": (1, 1, 1),
    "xunit-junit": (1, 1, 1),
}
# A test case of a report: its duration, and the beginning of its message.
CASES = {
    ("cargo-nextest", "recipes::cli.hangs"): (60.004, "test timeout"),
    ("ctest", "fails"): (0.00330231, "sum differs"),
    ("ctest", "missing"): (0.0, "Unable to find executable"),
    ("cypress", "recipe page shows the checksum"): (7.02, "Timed out retrying after 4000ms"),
    ("failsafe", "org.example.recipes.PourIT"): (0.4, "Could not start container\norg.testcont"),
    ("go-junit-report-2", "example.org/taps/pour.[build failed]"): (0.0, "Build error\npour/"),
    ("googletest", "Recipe.Fails"): (0.0, "g.cc:2\nExpected equality of these values:\n  1\n"),
    ("gotestsum", "TestMain"): (0.0, "Failed\n# example.org/recipes/broken\nbroken/a.go:3:5"),
    ("jest-junit", "recipes fails"): (0.002, "Error: expect(received).toBe(expected)"),
    ("mocha-junit-reporter", 'recipes hooks "before all" hook for "never runs"'): (
        *(0.0, "no database\nError: no database"),
    ),
    ("nunit3-junit", "Recipes.Tests.FetchTests.Checksum"): (0.2, "checksum of wget\r\n  Expected"),
    ("pytest-xunit1", "test_sample.test_error"): (0.0, "failed on setup with"),
    ("surefire", "org.example.recipes.FetchTest.checksum"): (0.013, "checksum of wget ==> exp"),
    ("surefire", "org.example.recipes.FetchTest.mirror"): (1200.25, None),
    ("surefire", "org.example.recipes.FetchTest.slowMirror"): (0.2, None),
    ("tap-formatter-junit", "u_t"): (None, "Dubious, test returned 3"),
    ("testng", "org.example.recipes.FetchTest.checksum"): (0.01, "checksum of wget expected"),
    ("utf-16", "Recipes.FetchTests.Größe"): (0.5, "Größe „159“ statt „160“"),
    ("vitest", "v/b.test.mjs"): (0.0, "module is broken\nError: module is broken"),
    ("windows-1252", "Recipes.FetchTests.Größe"): (0.5, "Größe „159“ statt „160“"),
    ("xunit-junit", "Recipes.Tests.FetchTests.Checksum"): (0.05, "Assert.Equal() Failure"),
}


def read(content: bytes, name_format: str = "{classname}.{name}", size: int = 7) -> JUnitReport:
    """A report from pieces of some bytes, to split every kind of token behind the declaration."""
    report = JUnitReport(name_format, MessageRoom())
    starts = [0, *range(200, len(content), size), len(content)]
    report.read(content[start:end] for start, end in itertools.pairwise(starts))
    return report


def counts(results: list[dict[str, Any]]) -> tuple[int, int, int]:
    found = Counter(entry["result"] for entry in results)
    return found["passed"], found["failed"], found["skipped"]


def test_every_report_has_its_counts() -> None:
    assert {path.stem for path in FILES.glob("*.xml")} == PRINTED.keys()
    assert len(PRINTED) >= 30


@pytest.mark.parametrize("name", PRINTED)
def test_a_report_gives_the_counts_that_its_tool_printed(name: str) -> None:
    found = read_input(str(FILES / f"{name}.xml"))
    assert found.kind == "junit"
    report = JUnitReport("{classname}.{name}", MessageRoom())
    report.read(found.content)
    assert (counts(report.results), report.problem) == (PRINTED[name], "")


@pytest.mark.parametrize("python", pythons())
def test_all_reports_are_uploaded_by_every_python(python: str, tmp_path: Path) -> None:
    with scripted_server(STORED) as server:
        done = run_uploader(
            *("upload", "--url", server.address, "--ecosystem", "e", "--junit", str(FILES)),
            folder=tmp_path,
            python=python,
        )
        assert (done.code, "WARNING" in done.report) == (0, False)
        payload = sent_payload(server)
    totals = tuple(payload[name] for name in ("passed", "failed", "skipped"))
    assert totals == tuple(map(sum, zip(*PRINTED.values(), strict=True)))


@pytest.mark.parametrize(("name", "case"), CASES)
def test_a_test_case_keeps_its_name_duration_and_message(name: str, case: str) -> None:
    duration, message = CASES[name, case]
    content = (FILES / f"{name}.xml").read_bytes()
    [entry] = [entry for entry in read(content, size=100).results if entry["recipe_name"] == case]
    assert entry.get("duration_seconds") == duration
    assert (entry.get("error_message") or "").startswith(message or "")
    assert ("error_message" in entry) == (entry["result"] == "failed") == (message is not None)


@pytest.mark.parametrize("name", ["surefire", "utf-16", "pytest-xunit1", "windows-1252"])
def test_the_size_of_the_pieces_does_not_matter(name: str) -> None:
    content = (FILES / f"{name}.xml").read_bytes()
    whole = read(content, size=len(content)).results
    assert all(read(content, size=size).results == whole for size in (1, 2, 3, 64))


def test_a_recipe_name_is_made_as_the_format_says() -> None:
    content = (
        b'<testsuite name="outer"><testsuite name="inner">'
        b'<testcase classname="a.B" name="c" file="a.py"/></testsuite>'
        b'<testcase classname="{name}" name="d e"/><testcase/></testsuite>'
    )
    report = read(content, "{suite}:{file}:{classname}:{name}")
    names = [entry["recipe_name"] for entry in report.results]
    assert names == ["inner:a.py:a.B:c", "outer::{name}:d e", "outer"]
    assert [entry["recipe_name"] for entry in read(content).results] == [
        *("a.B.c", "{name}.d e", "unnamed test case")
    ]


def test_a_status_attribute_counts_where_no_element_tells_more() -> None:
    report = read(
        b'<testsuite><testcase name="a" status="failed"/><testcase name="b" status="disabled"/>'
        b'<testcase name="c" status="Failed"><skipped/></testcase>'
        b'<testcase name="d" status="run"/></testsuite>'
    )
    assert [entry["result"] for entry in report.results] == [
        *("failed", "skipped", "skipped", "passed")
    ]


def test_a_truncated_report_keeps_what_is_above_the_cut() -> None:
    content = (FILES / "gradle.xml").read_bytes()
    whole = read(content).results
    for cut in range(content.index(b"<properties/>"), content.index(b"<failure")):
        report = read(content[:cut])
        ended = sum(
            content[:cut].count(end) for end in (b"</testcase>", b'="0.25"/>', b'="0.01"/>')
        )
        assert report.results == whole[:ended]
        assert report.problem.startswith("the file is incomplete: ")


def test_a_failure_that_is_cut_off_still_counts() -> None:
    report = read(b'<testsuite><testcase name="a"><failure message="no mirror">Traceback (mo')
    assert report.results[0]["error_message"] == "no mirror\nTraceback (mo"
    assert "is incomplete" in report.problem


def test_bytes_and_references_that_xml_forbids_are_replaced() -> None:
    report = read(
        b'<testsuite><testcase name="a\0b\x1b&#27;c"><failure>bad \xff byte &#0;&#xFFFF;&#10;'
        b"&#x110000;<![CDATA[\x00\x08&#x1;]]> &amp; &lt;</failure></testcase></testsuite>",
        size=1,
    )
    assert report.problem == ""
    assert report.results[0]["recipe_name"] == "a\ufffdb\ufffd\ufffdc"
    assert report.results[0]["error_message"] == (
        "bad \ufffd byte \ufffd\ufffd\n\ufffd\ufffd\ufffd\ufffd & <"
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (
            b'<!DOCTYPE testsuite [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
            b'<testsuite><testcase name="&b;"/></testsuite>',
            "defines XML entities",
        ),
        (
            b'<!DOCTYPE testsuite [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite/>',
            "defines XML entities",
        ),
        (b"<html><body>Not found</body></html>", "XML that begins with <html>, not JUnit XML"),
        (b'<?xml version="1.0"?><TestRun id="1"/>', "is a TRX report, not JUnit XML"),
        (b"<test-run/>", "is an NUnit 3 report"),
        (b"<testsuite " + b"<" * 99, "is not valid XML"),
        (b"<testsuite>" * 201, "nested deeper than 200"),
    ],
    ids=["bomb", "external", "html", "trx", "nunit", "broken", "deep"],
)
def test_what_is_no_junit_report_is_refused(content: bytes, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        read(content, size=65536)


def test_a_report_with_too_many_test_cases_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_metrics, "MAX_RESULTS", 1_000)
    whole = b"<testsuite>" + b'<testcase name="a"/>' * 1_000
    assert len(read(whole, size=4096).results) == 1_000
    with pytest.raises(InputError, match="over 1,000 test cases; upload it in parts"):
        read(whole + b'<testcase name="a"/>', size=4096)


@pytest.mark.parametrize("declared", ["hex", "zip", "utf-16", "utf-7", "nothing", "idna"])
def test_a_strange_encoding_is_read_as_utf_8(declared: str) -> None:
    content = f'<?xml version="1.0" encoding="{declared}"?><testsuite><testcase name="ü"/>'
    report = read(content.encode(), size=4096)
    assert len(report.results) == 1


def test_a_compressed_report_is_read_and_one_that_is_cut_off_keeps_its_beginning(
    tmp_path: Path,
) -> None:
    content = b"<testsuite>" + b"".join(b'<testcase name="%d"/>' % n for n in range(9_000))
    packed = gzip.compress(content + b"</testsuite>", mtime=0)
    for size, is_whole in ((len(packed), True), (len(packed) // 2, False)):
        (tmp_path / "report.xml.gz").write_bytes(packed[:size])
        report = JUnitReport("{name}", MessageRoom())
        report.read(read_chunks(str(tmp_path / "report.xml.gz")))
        assert (len(report.results) == 9_000) is is_whole
        assert bool(report.problem) is not is_whole
        assert report.results


def huge_report(failures: int) -> Iterator[bytes]:
    """A report of about 50 MB: output of passing tests, and failures with long messages."""
    yield b"<testsuites><testsuite>"
    for number in range(300):
        yield b'<testcase name="p%d"><system-out>' % number + b"x" * 65_536
        yield b"</system-out></testcase>"
    for number in range(failures):
        yield b'<testcase name="f%d"><failure message="first">' % number
        for _ in range(16):
            yield b"m" * 65_536
        yield b"last</failure></testcase>"
    yield b"</testsuite></testsuites>"


def test_a_huge_report_is_read_in_bounded_memory() -> None:
    report = JUnitReport("{name}", MessageRoom())
    tracemalloc.start()
    try:
        report.read(huge_report(failures=30))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(report.results) == 330
    messages = [entry["error_message"] for entry in report.results if "error_message" in entry]
    assert all(text.startswith("first\nmmm") and text.endswith("mmlast") for text in messages)
    assert all(100_000 <= len(text) < 100_100 for text in messages)
    assert peak < 32 * 1024 * 1024


def test_messages_get_shorter_once_they_take_much_room_together() -> None:
    room = MessageRoom()
    message = "first " + "x" * 200_000 + " last"
    lengths = [len(room.shortened(message)) for _ in range(1_000)]
    assert lengths[0] > 100_000
    assert lengths[-1] < 300
    assert sum(lengths) < 25_000_000
