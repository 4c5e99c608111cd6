"""Whether a failure is about the recipe or about the machines it was tried on.

A client may report the class of a result. For all other results it is that of their failure group,
which comes from an operator's rule or from the line of the group. A line that may be either is
`unknown`: a failure of infrastructure does not count against a recipe, so a wrong one hides a
broken recipe. Source: docs/failure-groups.md, "Classes".
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from batch_dashboard.model.failures.reasons.expressions import any_phrase

# The rule of class_of_line(): raise it when lines get other classes, and every installation
# classifies its failure groups again.
RULE = 1
# Most uploads have failures of the same groups.
REMEMBERED_LINES = 4_096


class FailureClass(StrEnum):
    """The cause of a failure."""

    PACKAGE = "package"
    INFRASTRUCTURE = "infrastructure"
    UNKNOWN = "unknown"


class ClassRule(NamedTuple):
    """An operator's rule: the class of every group whose line contains a text."""

    id: int
    text: str
    failure_class: FailureClass
    note: str

    def applies_to(self, masked_line: str) -> bool:
        """Whether the text is in the line, in capitals or not."""
        return self.text.casefold() in masked_line.casefold()


# All texts and expressions are in lower case, like the lines that are searched.
NETWORK = (
    *("could not resolve host", "couldn't resolve host", "unable to resolve host"),
    *("name could not be resolved", "no such host is known", "lookup *: no such host"),
    *("temporary failure in name resolution", "temporary failure resolving", "getaddrinfo"),
    *("name or service not known", "nodename nor servname provided"),
    *("network is unreachable", "no route to host", "connection timed out", "connect timed out"),
    *("dial tcp *: i/o timeout", "tls handshake timeout", "connecttimeouterror"),
    *("etimedout", "econnreset", "connection reset by peer", "connection was reset"),
    *("remote end hung up unexpectedly", "early eof", "recv failure", "ssl_error_syscall"),
    *("unexpected disconnect while reading sideband", "gnutls recv error", "rpc failed; curl"),
    *("bad gateway", "503 service unavailable", "503: service unavailable", "gateway time-out"),
    "gateway timeout",
)
RATE_LIMIT = ("api rate limit", "secondary rate limit", "pull rate limit", "toomanyrequests")
DISK = (
    *("no space left on device", "disk full", "disk is full", "disk quota exceeded", "enospc"),
    *("not enough space on the disk", "stale file handle", "stale nfs file handle"),
)
RUNNER = (
    *("runner has received a shutdown signal", "lost communication with the server"),
    *("job failed (system failure)", "runner system failure", "failed to download action"),
    *("cannot connect to the docker daemon", "agent went offline during the build"),
    *("we stopped hearing from agent", "hudson.remoting.channelclosedexception"),
)
_INFRASTRUCTURE = any_phrase(*NETWORK, *RATE_LIMIT, *DISK, *RUNNER)
# Errors of curl in the network, without those of an address that is gone or refuses; answers of
# a server that is overloaded or down.
_NETWORK_CODE = re.compile(
    r"curl: \((?:5|6|16|18|28|52|55|56|92)\)"
    r"|\b(?:http(?:/[\d.]+)?|http error|status|status code|code|returned error|error)"
    r"[ :=(]{1,3}(?:429|502|503|504)\b"
)
_RATE_LIMITED = re.compile(
    r"rate.?limit(?:ed|ing)?\b.{0,40}(?:exceed|exhaust|reach|hit)"
    r"|(?:exceed|reach|hit).{0,40}rate.?limit"
    r"|http.{0,40}too many requests"
)
# Words of tests for expected errors, and for servers that a test starts itself.
_DOUBT = re.compile(r"\b(?:assert|expect(?:ed|s)?\b|should\b|tests?\b|specs?\b|mock|localhost\b)")
# Text in quotes is what a message is about, unless an exception holds it.
_QUOTED = re.compile(r"(?<!\()\"[^\"]*\"|(?<![\w(])'[^']*'(?!\w)|(?<!\()`[^`]*`|“[^”]*”|‘[^’]*’")

PACKAGE = (
    *("undefined reference to", "unresolved external symbol", "multiple definition of"),
    *("cannot find -l", "library not found for -l", "duplicate symbol", "could not find function"),
    *("there is no package called", "required but not available", "no module named"),
    *("cannot find symbol", "unresolved import", "unsupported rust version", "syntaxerror:"),
)
_PACKAGE = any_phrase(*PACKAGE)
# An error with its place in a file, or with the code of a compiler.
_COMPILER = re.compile(
    r"^\*: (?:fatal )?error: (?!error )|\berror(?: |\[)(?:cs|e|fs|lnk|ts)\d{3,5}\b"
)


@lru_cache(REMEMBERED_LINES)
def class_of_line(masked_line: str) -> FailureClass:
    """The class of a failure group, as far as its line shows it beyond doubt."""
    line = masked_line.lower()
    if _shows_infrastructure(line):
        is_doubtful = _DOUBT.search(line) or not _shows_infrastructure(_QUOTED.sub("", line))
        return FailureClass.UNKNOWN if is_doubtful else FailureClass.INFRASTRUCTURE
    if _PACKAGE.search(line) or _COMPILER.search(line):
        return FailureClass.PACKAGE
    return FailureClass.UNKNOWN


def class_of_group(masked_line: str, rules: Sequence[ClassRule]) -> FailureClass:
    """The class of a failure group: by the operators' rule with the longest text, or by its line.

    Of two texts of one length, the older rule decides.
    """
    rule = deciding_rule(masked_line, rules)
    return class_of_line(masked_line) if rule is None else rule.failure_class


def deciding_rule(masked_line: str, rules: Sequence[ClassRule]) -> ClassRule | None:
    """The operators' rule that decides the class of a failure group; None: its line does."""
    applying = (rule for rule in rules if rule.applies_to(masked_line))
    return min(applying, key=lambda rule: (-len(rule.text), rule.id), default=None)


def class_of_result(reported: str | None, of_group: FailureClass) -> FailureClass:
    """The class of a failed result: as the client reported it, or that of its failure group."""
    return of_group if reported is None else FailureClass(reported)


def _shows_infrastructure(line: str) -> bool:
    return bool(
        _INFRASTRUCTURE.search(line) or _NETWORK_CODE.search(line) or _RATE_LIMITED.search(line)
    )
