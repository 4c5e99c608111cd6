"""The name of something that is missing, which is not masked because it names the fix.

A missing header `zlib.h` is another cause than a missing `openssl/ssl.h`.
"""

import re
from itertools import islice

from batch_dashboard.model.failures.reasons.expressions import alternatives

# A line without any of these names nothing that is missing.
_CLUE = re.compile(
    r"find|found|no (?:such|module|package|match|crate|known|required|suitable|attribute|rule)"
    r"|unmet|missing|locate|resolve|requir|undefined|unsatisf|unbound|unknown|unresolved|keyerror"
    r"|classdeffound|nosuch|no rule|is not set|has no "
    r"|not |namespace name|provides|select a version|can(?:not|'t) (?:open|load|import)"
    r"|loading shared|error downloading"
)

_NOUNS = (
    r"(?:(?:package configuration file|environment variable|a|an|any|the|required|suitable|valid"
    r"|main|native|external|python|java|perl|ruby|system|name|variable"
    r"|input|package|module|crate|library|libraries|header|include|command|program|executable|tool"
    r"|class|symbol|function|gem|recipe|formula|plugin|extension|dependency|dependencies|image|file"
    r"|target|type|compatible|version|pod|provider|action)s?:? )*+"
    r"(?:(?:provided by|that satisfies|named|called|for|of|or) (?:the )?)*+"
    r"(?:requirement |package |pod )?"
)
_COLON_NAME = rf":? {_NOUNS}:?\s*"
_FIND = r" (?:find|import|load|locate|open|resolve|link with):? "
_NAME_FOLLOWS = re.compile(
    alternatives(
        *(
            rf"{cannot}{_FIND}(?:import )?{_NOUNS}"
            for cannot in (r"can(?:'t|not)", r"could(?: not|n't)", "unable to", "failed to")
        ),
        *("find a package configuration file provided by ", "keyerror: ", "library not found for "),
        *("no rule to make target ", "noclassdeffounderror: ", "classnotfoundexception: "),
        *(r"nosuch(?:method|field)error: ", "loading shared libraries: ", "namespace name "),
        *("no attribute ", "select a version for "),
        rf"no (?:such|matching|suitable|required|known)? ?{_NOUNS}(?:provides |found for )?"
        rf"(?:package )?:? ?(?=['\"`‘“<\w@])",
        *(f"{word}{_COLON_NAME}" for word in ("missing", "nothing provides", "not available:")),
        *(f"{word}{_COLON_NAME}" for word in ("not found:", "unbound module")),
        *("requirement ", f"required:{_COLON_NAME}"),
        *(f"{word}{_COLON_NAME}" for word in ("requires", "unmet", "unsatisfied")),
        *(r"unknown (?:module|package|command|target):? ", "such file -- ", "library not loaded: "),
        r"undefined (?:reference to|symbol:?|symbols:|symbols for architecture \w+:) ",
        *(r"unresolved (?:external symbol|import|symbol) ", "error downloading "),
    )
)
_NAME_PRECEDES = re.compile(
    alternatives(
        " (?:(?:file|command|module|package|library|header|gem|crate|in registry) )?"
        "(?:(?:are|could|has|is|was|were) )?"
        "(?:not (?:be )?(?:been )?(?:available|defined|found|installed|known|provided|set"
        r"|recogni[sz]ed)\b|missing\b|required\b)",
        " has no installation candidate",
        r": (?:(?:command |executable file |program )?not found|no such file"
        "|cannot open shared object)",
    )
)
_NAME = re.compile(
    r"'[^'\s]++'|'\w++ [\w.$]++\(\)'|\"[^\"\s]++\"|`[^`'\s]++[`']|‘[^’\s]++’|“[^”\s]++”"
    r"|<[^>\s]++>|[\w*@.+/:~\\-]++"
)
_NEXT_NAME = re.compile(r",? (?:and )?('[^'\s]++'|‘[^’\s]++’|\"[^\"\s]++\")(?=,| and |$|\W*$)")
_MAX_NAMES = 20
# Phrases before names of files, which are paths if there is a slash in them.
_OF_FILES = re.compile(r"open|no rule")
_MAX_PHRASES = 4
_OPENING = {"'": "'`", '"': '"', "`": "`", "’": "‘", "”": "“", ">": "<"}
_HEADERS = (".h", ".hh", ".hpp", ".hxx")
# A path or an address is where something was searched, and a number is an amount: not a name.
_WHERE = re.compile(
    r"\W*\d[\d.:-]*\W*$|\W?(?:[/~\\]|\.{1,2}/|[A-Za-z]:[\\/])"
    r"|.*(?:://|\*/|\.(?:com|org|net|io|dev|local)\W*$)"
)
_VERSION = re.compile(r"(?<=\w)(?:@|[=~<>]=|=|:(?=\d)|-v?(?=\d+\.))[\^~v]?\d[\w.+-]*?(?=\W*$)")
# Architecture and version as parts of a name.
_BRANCH = re.compile(r"(?<=/)(?:x86_64|i[36]86|amd64|aarch64|arm64|noarch|\d[\d.]*)(?![\w.])")


def missing_names(line: str, low: str) -> list[tuple[int, int]]:
    """The positions of the names of missing things in a line, with their quotes.

    `low` is the line in lower case.
    """
    if not _CLUE.search(low):
        return []
    spans: list[tuple[int, int]] = []
    for follows in islice(_NAME_FOLLOWS.finditer(low), _MAX_PHRASES):
        name = _NAME.match(line, follows.end())
        if not name or (_OF_FILES.search(follows[0]) and "/" in name[0]):
            continue
        if not spans or spans[-1][1] <= name.start():
            spans.append(name.span())
            # The others of a list.
            while len(spans) < _MAX_NAMES and (name := _NEXT_NAME.match(line, spans[-1][1])):
                spans.append(name.span(1))
    precedes = _NAME_PRECEDES.search(low)
    if precedes:
        end = precedes.start()
        start = _start_of_name(line, end)
        is_header = "such file" not in precedes[0] or line.endswith(_HEADERS, 0, end)
        is_user = line.endswith("by ", 0, start)  # what needs it, not what is missing
        overlaps = any(start < other_end and other < end for other, other_end in spans)
        if start < end and is_header and not is_user and not overlaps:
            spans.append((start, end))
    return sorted(span for span in spans if not _WHERE.match(line[span[0] : span[1]]))


def without_version(name: str, mask: str) -> str:
    """A name with its version and architecture masked."""
    return _VERSION.sub(mask, _BRANCH.sub(mask, name) if "/" in name else name)


def _start_of_name(line: str, end: int) -> int:
    """The start of the name that ends at `end`: its opening quote, or after a blank."""
    opening = _OPENING.get(line[end - 1 : end])
    if opening is None:
        return line.rfind(" ", 0, end) + 1
    start = max(line.rfind(sign, 0, end - 1) for sign in opening)
    return start if start >= 0 and " " not in line[start:end] else end
