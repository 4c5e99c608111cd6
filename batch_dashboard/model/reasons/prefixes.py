"""What CI systems, loggers and tools put before the text of a line."""

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
  | [\[(<](?:error|err|fatal|critical|severe|panic)[\])>]:?(?=\s++\S)
  | (?:npm|lerna|gyp|pnpm)\ err!(?=\s|$) | npm\ error(?=\s|$)
  | (?-i:E)\ {2,}+(?=\S)                                       # an assertion of pytest
  | failure/error:(?=\ \S)                                     # an expectation of RSpec
  | [EF]\d{4}\ \d\d:\d\d:\d\d\.\d++\ ++\d++\ [^\s\]]++\]       # klog
"""
_DECORATION = r"""
    [\s|│┃║▕▌┆┊╎└├┌╭╰╷╵─━═•·●◦‣▪▶►➤→⇒»❯✗✘✖✕×❌❗❕⛔🚫🛑💥🔥🔴❎⚠\ufe0f\ufffd]++
  | (?:-{1,3}|=++>?|\*{1,4}|\#{1,3}|>{1,3}|\.{3}|\+{3}|!{1,3}|~++)(?=\s)
  | -{2,3}>(?=\s)
  | g?make(?:\[\d++\])?:(?=\s)
  | \#\d++\ \d++\.\d++(?=\s) | \#\d++(?=\ error)               # docker build
  | [\w.-]++-\d++\ ++\|(?=\s)                                  # docker compose
  | \#\#\[(?:debug|section|command)\]
  | yn\d{4}:(?=\s) | py\d{2,3}:(?=\s)
  | caused\ by:(?=\s++\S) | \[cause\]:(?=\s)
  | exception\ in\ thread\ (?:"[^"\n]*+"|\S++)(?=\s++\S)
  | (?:unhandled|uncaught)\ exception[.:](?=\s++\S)
  | (?:stderr|stdout|output|message|reason|cause|msg):(?=\s++\S)
"""

_PREFIX = re.compile(
    rf"(?:{_TIMES} | (?P<mark>{_ERROR_MARKS}) | {_DECORATION})++", re.IGNORECASE | re.VERBOSE
)


# The text of a line that loggers write as JSON or as keys with values.
_MESSAGE = re.compile(
    r'"(?:msg|message)": ?"((?:[^"\\]|\\.)++)"|\bmsg=(?:"((?:[^"\\]|\\.)++)"|(?=\S)[^\s"]++)'
)
_ERROR_LEVEL = re.compile(
    r"fatal|(?:level|severity)\W{1,4}(?:error|fatal|critical)|FAILED!", re.IGNORECASE
)
# White space, and the rules that fill a title up to the margin.
_RULES = " \t─━═"


def strip_prefix(line: str) -> tuple[str, bool]:
    """The line without timestamps, CI markers, log levels in brackets and decoration.

    The second value tells whether one of them marked the line as an error.
    """
    match = _PREFIX.match(line)
    is_marked = False
    if match:
        line, is_marked = line[match.end() :], match["mark"] is not None
    if "msg" in line or '"message"' in line:
        structured = _MESSAGE.search(line)
        if structured:
            is_marked = is_marked or bool(_ERROR_LEVEL.search(line))
            line = structured[1] or structured[2] or line
    return line.strip(_RULES), is_marked
