"""Prefixes that CI systems, loggers and tools put before the text of a line."""

import re

_TIMES = r"""
    \[?\d{4}[-/]\d\d[-/]\d\d[T\ _]\d\d:\d\d(?::\d\d)?(?:[.,]\d++)?\ ?(?:Z|UTC|[+-]\d\d:?\d\d)?
    \]?:?(?=\s)
  | \[?\d{1,2}:\d\d:\d\d(?:[.,]\d++)?(?:\ ?[AP]M)?\]?(?=\s)
  | \[\d{4}-\d\d-\d\d\](?=\s)
  | \[\s*+\d++(?:\.\d++)?s?\](?=\s)                            # seconds since the start
  | \[\s*+\d++(?:/\d++|\s?%)\](?=\s)                           # progress
  | (?:(?:mon|tue|wed|thu|fri|sat|sun)\ )?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\ ++
    \d{1,2}\ \d\d:\d\d:\d\d(?:\.\d++)?\ (?:[\w.-]++\ [\w./@-]++(?:\[\d++\])?:)?+   # syslog
"""
# Marks of an error; each makes its line an error line.
_ERROR_MARKS = r"""
    \#\#\[error\]
  | ::error(?:\ [^\n]*?(?<!:))?::
  | \#\#vso\[[^\]\n]*+type=error[^\]\n]*+\]
  | [\[(<](?:error|err|fatal|critical|severe|panic)[\])>]:?(?=\s|$)
  | (?:npm|lerna|gyp|pnpm)\ err!(?=\s|$) | npm\ error(?=\s|$)
  | (?-i:E)\ {2,}+(?=\S)                                       # an assertion of pytest
  | !\ (?=\S)                                                 # a condition of R, an error of TeX
  | failure/error:(?=\ \S)                                     # an expectation of RSpec
  | [EF]\d{4}\ \d\d:\d\d:\d\d\.\d++\ ++\d++\ [^\s\]]++\]       # klog
"""
_DECORATION = r"""
    [\s|│┃║▕▌┆┊╎└├┌╭╰╷╵─━═•·●◦‣▪▶►➤→⇒»❯✗✘✖✕×❌❗❕⛔🚫🛑💥🔥🔴❎⚠\ufe0f\ufffd]++
  | (?:-{1,3}|=++>?|\*{1,4}|\#{1,3}|>{1,3}|\.{3}|\+{3}|!{1,3}|~++)(?=\s)
  | -{2,3}>(?=\s)
  | x\ \|(?=\s)
  | g?make(?:\[\d++\])?:(?=\s)
  | \#\d++\ \d++\.\d++(?=\s) | \#\d++(?=\ error)               # docker build
  | (?:[\w.]++-)++\d++\ ++\|(?=\s)                                # docker compose
  | \#\#\[(?:debug|section|command)\]
  | ==\d++==(?=\s|error) | stack\ (?=error)
  | yn\d{4}:(?=\s) | py\d{2,3}:(?=\s)
  | caused\ by:(?=\s++\S) | \[cause\]:(?=\s)
  | exception\ in\ thread\ (?:"[^"\n]*+"|\S++)(?=\s++\S)
  | (?:unhandled|uncaught)\ exception[.:](?=\s++\S)
  | (?:stderr|stdout|output|message|reason|cause|msg):(?=\s++\S)
"""

# No group in it may capture: within a possessive repetition the re module then loses its place.
_PREFIX = re.compile(
    rf"(?:{_TIMES} | {_ERROR_MARKS} | {_DECORATION})++", re.IGNORECASE | re.VERBOSE
)
# What makes a prefix the mark of an error.
_MARK = re.compile(
    r"! |[\[<(:/=]err|err!|npm error|fatal|critical|severe|panic|(?-i:\bE {2,}|\b[EF]\d{4} \d\d:)",
    re.IGNORECASE,
)
# The text of a line that loggers write as JSON or as keys with values.
_MESSAGE = re.compile(r'"(?:msg|message)": ?"((?:[^"\\]|\\.)++)"|\bmsg="((?:[^"\\]|\\.)++)"')
_CAUSE = re.compile(r'"(?:err|error)": ?"((?:[^"\\]|\\.)++)"|\b(?:err|error)="((?:[^"\\]|\\.)++)"')
_ERROR_LEVEL = re.compile(
    r"fatal|(?:level|severity)\W{1,4}(?:error|fatal|critical)|FAILED!", re.IGNORECASE
)
# White space, and the rules that fill a title up to the margin.
_RULES = " \t─━═"


def strip_prefix(line: str) -> tuple[str, bool]:
    """The line without timestamps, CI markers, log levels in brackets and decoration.

    The second value is whether one of them marked the line as an error.
    """
    match = _PREFIX.match(line)
    text, is_marked = line, False
    if match:
        text = line[match.end() :]
        is_marked = bool(_MARK.search(match[0]))
    if "msg" in text or '"message"' in text:
        structured = _MESSAGE.search(text)
        if structured:
            is_marked = is_marked or bool(_ERROR_LEVEL.search(line))
            cause = _CAUSE.search(text)
            text = structured[1] or structured[2]
            if cause:
                text = f"{text}: {cause[1] or cause[2]}"
    return text.strip(_RULES), is_marked
