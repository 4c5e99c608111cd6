"""Classes of failures: what a line shows beyond doubt, and operators' rules."""

import pytest

from batch_dashboard.model.failures.failure_classes import (
    ClassRule,
    FailureClass,
    class_of_group,
    class_of_line,
    class_of_result,
)
from batch_dashboard.model.failures.failure_groups import find_reason
from tests.model.failures.reason_cases import FAMILIES, RECIPE

INFRASTRUCTURE = """
curl: (6) Could not resolve host: dl.example.org
curl: (22) The requested URL returned error: 503
curl: (22) The requested URL returned error: 429
curl: (28) Failed to connect to dl.example.org port 443 after 75001 ms: Couldn't connect to server
error: curl: (56) Recv failure: Connection reset by peer
wget: unable to resolve host address 'dl.example.org'
fatal: unable to access 'https://git.example.org/w/': Could not resolve host: git.example.org
ssh: connect to host git.example.org port 22: Connection timed out
E: Temporary failure resolving 'archive.example.org'
go: x.example.org/m@v1: Get "https://p.example.org/m": dial tcp: lookup example.org: no such host
Error: Get "https://example.org/v2/": net/http: TLS handshake timeout
npm error network request to https://r.example.org/x failed, reason: connect ETIMEDOUT 10.0.0.1:443
urllib.error.HTTPError: HTTP Error 503: Service Unavailable
Could not GET 'https://m.example.org/a.pom'. Received status code 502 from server: Bad Gateway
HTTP Error 429: Too Many Requests
Error: API rate limit exceeded for installation ID 12345.
Error response from daemon: toomanyrequests: You have reached your pull rate limit.
Failed to generate plan: failed to fetch release assets: GitHub API rate limit exhausted (0/60)
tar: lib/a.so: Cannot write: No space left on device
OSError: [Errno 28] No space left on device: '/tmp/x'
There is not enough space on the disk. : 'D:\\a\\_temp'
java.io.IOException: disk full
The runner has received a shutdown signal. This can happen when the runner service is stopped
The hosted runner: GitHub Actions 7 lost communication with the server. This can cause an error
ERROR: Job failed (system failure): prepare environment: waiting for pod running: timed out
Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?
"""

# Each names the network, a runner, a disk or a limit, and may still be the recipe's own fault.
DOUBTFUL = """
curl: (22) The requested URL returned error: 404
curl: (22) The requested URL returned error: 403
curl: (7) Failed to connect to localhost port 8080 after 0 ms: Connection refused
curl: (60) SSL certificate problem: certificate has expired
Error: connect ECONNREFUSED 127.0.0.1:5432
ActiveRecord::ConnectionNotEstablished: could not connect to server: Connection refused
AssertionError: expected 200, got HTTP 503
AssertionError [ERR_ASSERTION]: Request timeout should not fire
FAIL: writes when full: expected no error, got: No space left on device
Error: unknown message "connection reset by peer"
Error: 'rate limit exceeded' is not a known setting
Error: timed out after 1m 12s
panic: test timed out after 10m0s
Error: Timeout of 2000ms exceeded
The operation was canceled.
The job running on runner gha-1 has exceeded the maximum execution time of 360 minutes.
Error: runner exited with code 143: terminated
Out of memory: Killed process 4242 (cc1plus)
g++: fatal error: Killed signal terminated program cc1plus
Error: Could not retrieve catalog from remote server: Error 500 on SERVER: Unknown function
Error response from daemon: driver failed programming external connectivity: port is allocated
package not found in registry: rate-limiter
error: sha256 mismatch for 'https://dl.example.org/w.tar.gz'
Host key verification failed.
"""

PACKAGE = """
a.c:12:5: error: unknown type name 'foo_t'
a.c:1:10: fatal error: zlib.h: No such file or directory
error[E0432]: unresolved import `serde::Foo`
a.ts(3,1): error TS2307: Cannot find module 'zod'
main.o:(.text+0x1): undefined reference to `inflate'
ld: cannot find -lssl: No such file or directory
ModuleNotFoundError: No module named 'six'
"""


def cases(lines: str, expected: FailureClass) -> list[tuple[str, FailureClass]]:
    return [(line, expected) for line in lines.strip().splitlines()]


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        *cases(INFRASTRUCTURE, FailureClass.INFRASTRUCTURE),
        *cases(DOUBTFUL, FailureClass.UNKNOWN),
        *cases(PACKAGE, FailureClass.PACKAGE),
    ],
)
def test_a_message_has_the_class_that_its_line_shows(message: str, expected: FailureClass) -> None:
    assert class_of_line(find_reason(message, RECIPE).masked_line) == expected


def test_few_of_the_known_lines_are_infrastructure() -> None:
    messages = [m for f in FAMILIES for m in (f.message, *f.different, *f.same)]
    lines = {find_reason(message, RECIPE).masked_line for message in messages}
    found = {line for line in lines if class_of_line(line) == FailureClass.INFRASTRUCTURE}
    # Read one by one; a change of the rule changes the number, and the lines are to be read again.
    assert len(found) == 33


def test_no_message_and_no_error_line_are_unknown() -> None:
    assert class_of_line("") == FailureClass.UNKNOWN
    assert class_of_line(find_reason("installing\ndone", RECIPE).masked_line) == (
        FailureClass.UNKNOWN
    )


def test_the_rule_with_the_longest_text_decides() -> None:
    rules = [
        ClassRule(1, "failed to fetch", FailureClass.INFRASTRUCTURE, ""),
        ClassRule(2, "Failed to fetch bottle", FailureClass.PACKAGE, ""),
        ClassRule(3, "FAILED TO FETCH BOTTLE", FailureClass.UNKNOWN, ""),
    ]
    assert class_of_group("Error: failed to fetch *", rules) == FailureClass.INFRASTRUCTURE
    assert class_of_group("Error: failed to fetch bottle *", rules) == FailureClass.PACKAGE
    assert class_of_group("*: No space left on device", rules) == FailureClass.INFRASTRUCTURE


def test_what_a_client_reports_comes_before_the_class_of_the_group() -> None:
    assert class_of_result("package", FailureClass.INFRASTRUCTURE) == FailureClass.PACKAGE
    assert class_of_result(None, FailureClass.INFRASTRUCTURE) == FailureClass.INFRASTRUCTURE
