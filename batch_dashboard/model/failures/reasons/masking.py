"""Masking: what differs between two occurrences of one error becomes "*"."""

import re
from functools import lru_cache

from batch_dashboard.model.failures.reasons.expressions import alternatives
from batch_dashboard.model.failures.reasons.missing import missing_names, without_version
from batch_dashboard.model.failures.reasons.plain import lowered
from batch_dashboard.model.failures.reasons.shapes import shape_of

MASK = "*"


def _pattern(expression: str, flags: re.RegexFlag = re.IGNORECASE) -> re.Pattern[str]:
    return re.compile(expression, flags | re.VERBOSE)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Every alternative begins where its run of characters begins and never gives a part of it back,
# so that the time grows with the length of the line alone, whatever a client sends.
_URLS = _pattern(
    r"""
      (?<![a-z0-9+.-])[a-z][a-z0-9+.-]*+://[^\s)\]>"'`’”,;]*+
    | (?<![\w.-])git@[\w.-]++:[\w./~-]++
    """
)
_QUOTED = _pattern(
    r"""
      (?<![\w'’])'[^'\n]{1,200}+'(?!\w) | "[^"\n]{0,200}+" | `[^`'\n]{1,200}+[`']
    | “[^”\n]{1,200}+” | ‘[^’\n]{1,200}+’ | «[^»\n]{1,200}+»
    """
)
# Text in quotes, other than a name: it is kept, and masked inside.
_SENTENCE = re.compile(r"(?![/-]).*\b[a-z]+ [a-z]+ [a-z]+\b(?!.* -)")

_PLACE = r"(?:\(\d++(?:,\d++)*+\)|:\d++(?:[-.:]\d++)*+(?!\w)|:\[\d++(?:,\d++)*+\])?+"
_PATHS = _pattern(
    rf"""
      ^[/\\][^:*?"<>|\n]{{1,300}}+:\d++(?::\d++)?+(?=:)
    | (?<!\w)[a-z]:[\\/](?:[^\\/:*?"<>|\n']{{1,80}}+[\\/])*+[^\\/\s:;,"'()\[\]]*+{_PLACE}
    | (?<![\w.@~+*-])[\w.@+~*-]++(?:[/\\][\w.@+~=%*-]++)++[/\\]?+{_PLACE}
    | (?<!\w)(?!//\s)[~.]{{0,2}}+[/\\](?:[^\s:,;()\[\]"'`<>\\]|\\.)++{_PLACE}
    """
)
_NO_PATHS = frozenset(
    {"I/O", "i/o", "N/A", "n/a", "and/or", "from/to", "TCP/IP", "SSL/TLS", "GNU/Linux"}
)
# Words with dots: a file if the last part is an extension, a host if it is a top-level domain.
_DOTTED = re.compile(rf"(?<![\w.@/*+-])[\w@+*-]++(?:\.[\w@+*-]++)++(?:{_PLACE})(?!\()")
# Extensions and domains begin with a letter, or with the digit of `7z`.
_LAST_PART = re.compile(r"\.[a-zA-Z7]")
_EXTENSIONS = _words(
    "c h o a R S cc cpp cxx hh hpp hxx mm rs go py pyx pyc rb pl pm php js jsx ts tsx mjs cjs java"
    " kt kts scala clj swift cs fs vb hs ml mli adb ads ali f90 zig nim dart ex exs erl lua sh bash"
    " ps1 bat jl Rmd rmd Rd tex sv vhd vhdl cu nix obj so dll dylib lib exe class jar war whl egg"
    " gem crate nupkg deb rpm apk dmg pkg msi zip gz tgz bz2 xz zst 7z log txt csv htm html patch"
    " diff sig asc pem crt"
)
_DOMAINS = _words(
    "com org net io dev edu gov local internal lan cloud info example test invalid localdomain de"
    " uk eu fr nl jp cn ru us"
)
_ADDRESSES = _pattern(
    r"""
      <?(?<![\w.+*-])[\w.+*-]++@[a-z0-9-]++(?:\.[a-z0-9-]++)++>?
    | \blocalhost(?::\d++)?+\b
    | (?<![\w:.])\[?(?=[0-9a-f:]*?\d)(?:[0-9a-f]{0,4}+:){2,7}+[0-9a-f]{0,5}+(?:%\w++)?\]?
      (?::\d++)?+(?![\w:])
    | \b[0-9a-f]{2}(?::[0-9a-f]{2}){5}\b
    """
)

_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*+\.?+"
_TIME = r"\d{1,2}:\d\d(?::\d\d(?:[.,]\d++)?+)?+(?:\ ?[AaPp][Mm]\b)?+"
_ZONE = r"(?:\ ?(?:Z|UTC|GMT|[A-Z]{2,4}T|[+-]\d\d:?\d\d)\b)?+"
# A line without any of these contains no date and no time of day.
_DATE_CLUE = re.compile(
    r"[\dJFMASOND](?:(?<=\d)(?::\d\d|[-/.]\d{1,2}[-/.]\d|T\d)|an|eb|ar|pr|ay|un|ul|ug|ep|ct|ov|ec)"
)
_DATES = _pattern(
    rf"""
    \b(?=[\dJFMASONDTW])(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*+,?+\ ++)?+
    (?:
        \b{_MONTH}\ ++\d{{1,2}}(?:st|nd|rd|th)?+\b,?+(?:\ \d{{4}}\b)?+(?:,?+\ {_TIME})?+{_ZONE}
        (?:\ \d{{4}}\b)?+
      | \b\d{{1,2}}[\ /.-]++{_MONTH}[\ /-]\d{{4}}\b(?:[\ :]{_TIME})?+{_ZONE}
      | \b\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}(?:[T\ _]{_TIME})?+{_ZONE}(?![\w.-])
      | \b\d{{1,2}}[/.-]\d{{1,2}}[/.-]\d{{4}}\b(?:,?+\ {_TIME})?+{_ZONE}
      | \b\d{{8}}T\d{{4,6}}Z?\b
      | (?<![\w:.])\d{{1,2}}:\d\d(?::\d\d(?:[.,]\d++)?+)?+(?:\ ?[AP]M\b)?+{_ZONE}(?![\w:])
    )
    """,
    re.NOFLAG,
)

_UNIT = r"""
    (?:\ ?(?:[kKMGT]?i?B(?:ps|/s)?|kb|mb|gb|[bB]ytes?|bits?|px|[nmuµ]?s|[hmd]|[mu]?secs?
    |(?:milli|micro|nano)?seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?)
    (?:\b|(?=\d++[hms]))|\ ?%)
"""
_PARTS = r"(?:\.(?:\d++|x|\*))++(?:[-+.~_]?[a-zA-Z0-9]++)*+"  # of a version
_COUNTED = r"(?:st|nd|rd|th|x|k|M)?(?![a-zA-Z_\d])"
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"
_HEXADECIMAL = r"""
    (?=[a-fA-F]*+\d)[0-9a-fA-F]{7,}+\b(?:-[a-z0-9]{5}\b)?+ | [0-9a-fA-F]{32,}+\b
"""
# Numbers that tell causes apart come first: they are kept. What stands at the beginning of a word
# is divided by its first character, because each alternative that is tried in vain takes time.
_NUMBERS = _pattern(
    rf"""
    \b(?:
        (?=\d)(?:
            (?P<kept_number> 0x[8cC]0[0-9a-fA-F]{{6}}\b | [45]\d\d(?=\ [A-Z][a-z]++))
          | {_UUID}
          | 0[xX][0-9a-fA-F]++\b
          | (?<!\.)\d++(?:[.,]\d++)?{_UNIT}(?:,?\ ?\d++(?:\.\d++)?{_UNIT})*+   # 1m 12s, 4.2 MB
          | {_HEXADECIMAL}
          | \d++{_PARTS}
          | (?<!\.)\d++{_COUNTED}
        )
      | (?=[a-zA-Z])(?:
            (?P<kept>
                [A-Z]{{1,7}}-?\d{{2,6}}\b
              | (?:[Ss]ignal|SIGNAL|[Ee]rrno|os\ error|curl:)\W{{1,3}}-?\d++
              | (?:HTTP(?:/\d(?:\.\d)?)?|[Ss]tatus|[Cc]ode|[Rr]esponse|[Ee]rror|ERROR|[Rr]eturned
                |[Gg]ot)[\s:=(]{{1,3}}[45]\d\d\b(?![.\w])
              | (?:code|status)\W{{1,3}}1(?:2[467]|3[479]|43)\b
            )
          | {_UUID}
          | sha(?:1|256|384|512)[:-][\w+/=]{{16,}}+
          | eyJ[\w-]++(?:\.[\w-]*+){{2}}                                       # tokens
          | {_HEXADECIMAL}
          | (?<![.+~@-])[a-zA-Z][a-zA-Z0-9+]*+(?:[-_.][a-zA-Z][a-zA-Z0-9+]*+)*+
            [-_@]v?\d++(?:[.:]\d++)[\w.+~:-]*+                                 # a-b-1.2
          | v\d++{_PARTS}
        )
    )
    | [-+](?<![\w.].)\d++(?:[.,]\d++)?{_UNIT}(?:,?\ ?\d++(?:\.\d++)?{_UNIT})*+
    | v(?<=\w.)\d++{_PARTS}
    | \d(?<=\w.)(?:
        \d*+{_PARTS}
      | (?<=[a-z]{{3}}\d)\d{{3,}}+(?![a-zA-Z\d])
      | (?<![a-zA-Z_.\d]\d)\d*+{_COUNTED}
    )
    """,
    re.NOFLAG,
)
_DIGIT = re.compile(r"\d")
# How many words before a number may belong to it, as in `os error = 2`; the first may be cut.
_WORDS_BEFORE = 4
_TRIPLETS = re.compile(
    r"(?<![\w*.+-])[\w*.+-]++:(?:x64|x86|arm64|arm|amd64|i386|armhf|any|all)(?:-[\w-]++)?+(?!\w)"
)
# A text with more colons may hold an address of hexadecimal numbers.
_COLONS = 4
# The package that a package manager is at, before what is wrong with it.
_SUBJECT = re.compile(r"(?<=: )(?=[\w*.+-]*[-\d*])[a-z*][\w.+*-]++(?=: [a-z])")
# Where a program that reports about itself is installed, and what it reports about.
_PROGRAM = re.compile(
    r"^(?:/(?:[\w.+-]++/)*+(?=[\w.+-]++: ))?"
    r"([a-z+]++(?:-[a-z+]++)*+)?(?:-?\d++\.[\d.]++|-\d++)?(?=: )"
)
# The call in which R found an error.
_CALL = re.compile(r"(?<=\bError in )\S.*?(?: : |: )|(?<= in )[\w.:]++\(.*\): ")
_PLACE_AT_START = re.compile(r"^[\w.@+*-]++:\d++(?::\d++)?+(?=: )")
# Where in a line, and how often: some messages of a tool have it, and others have not.
_COLUMN = r" (?:col(?:umn)?|char(?:acter)?s?):? \*"
_LESS = re.compile(
    alternatives(
        *(_COLUMN, f",{_COLUMN}"),
        # The words for a status of HTTP, which follow its number in HTTP/1 only.
        r" (?<=returned error: \d\d\d )[A-Z][A-Za-z ]++$",
        r" \((?:after|attempt|imported|needed|offset|required|retry|took|try)\b[^()]*\)",
    )
)
_REPEATED = re.compile(r"\*(?:[\s,./:@_+~-]*+\*)++")


def mask(line: str, recipe_name: str) -> str:
    """The line with its variable parts masked, and white space collapsed."""
    line = _mask_own_name(line, recipe_name)
    shape = shape_of(line)
    masked = mask_line(shape)
    # A number that is kept is one of this line.
    return mask_line(line) if shape != line and _DIGIT.search(masked) else masked


@lru_cache(maxsize=2_048)
def mask_line(line: str) -> str:
    """A line with its variable parts masked, after the recipe's own name was."""
    if ": " in line:
        program = _PROGRAM.match(line)
        if program:
            line = (program[1] or "") + line[program.end() :]
        line = _PLACE_AT_START.sub(MASK, line)
    if "rror in " in line or (" in " in line and "): " in line):
        line = _CALL.sub(f"{MASK}: ", line)
    masked = ""
    end = 0
    for start, stop in missing_names(line, lowered(line)):
        name = line[start:stop]
        # The recipe itself is what is missing.
        name = MASK if MASK in name else without_version(name, MASK)
        masked += _mask_part(line[end:start]) + name
        end = stop
    masked += _mask_part(line[end:])
    if MASK in masked:
        masked = _REPEATED.sub(MASK, masked)
    masked = " ".join(masked.split())
    if f" {MASK}" in masked or " (" in masked or "returned error" in masked:
        masked = _LESS.sub("", masked)
    masked = masked.rstrip(".")
    # The project of MSBuild.
    return masked.removesuffix(" [*]") if ": error " in masked else masked


def _mask_part(text: str) -> str:
    if "://" in text or "git@" in text:
        text = _URLS.sub(MASK, text)
    if "'" in text or '"' in text or "`" in text or "‘" in text or "“" in text or "«" in text:
        text = _QUOTED.sub(_mask_quoted, text)
    if "/" in text or "\\" in text:
        text = _PATHS.sub(_mask_path, text)
    if "@" in text or "::" in text or "localhost" in text or text.count(":") > _COLONS:
        text = _ADDRESSES.sub(MASK, text)
    if ":" in text:
        if ":x" in text or ":a" in text or ":i" in text:
            text = _TRIPLETS.sub(MASK, text)
        if text.count(": ") > 1:
            text = _SUBJECT.sub(MASK, text)
    if "." in text and _LAST_PART.search(text):
        text = _DOTTED.sub(_mask_dotted, text)
    digit = _DIGIT.search(text)
    return _mask_numbers(text, digit.start()) if digit else text


def _mask_numbers(text: str, first: int) -> str:
    """The text with dates and numbers masked; `first` is the position of the first digit."""
    if _DATE_CLUE.search(text):
        return _NUMBERS.sub(_mask_number, _DATES.sub(MASK, text))
    start = first
    for _ in range(_WORDS_BEFORE):
        start = text.rfind(" ", 0, max(start, 0))
    start = max(start, 0)
    return text[:start] + _NUMBERS.sub(_mask_number, text[start:])


def _mask_quoted(match: re.Match[str]) -> str:
    text = match[0]
    content = text[1:-1]
    if content.startswith("-") and " " not in content:  # an option
        return text
    if ("*" not in content and not any(map(str.isalnum, content))) or _SENTENCE.match(content):
        return text
    return MASK


def _mask_path(match: re.Match[str]) -> str:
    return match[0] if match[0] in _NO_PATHS else MASK


def _mask_dotted(match: re.Match[str]) -> str:
    name, _, place = match[0].replace("(", ":").partition(":")
    last = name.rpartition(".")[2]
    is_named = (
        last in _EXTENSIONS
        or last.lower() in _EXTENSIONS
        or last in _DOMAINS
        or (place and last.isalpha())
    )
    return MASK if is_named and name != "Node.js" else match[0]


def _mask_number(match: re.Match[str]) -> str:
    return match[0] if match.lastgroup else MASK


def _mask_own_name(line: str, recipe_name: str) -> str:
    """The line with the recipe's name masked where it is a separate word."""
    # In this order everywhere: the longer name first.
    for name in (recipe_name, recipe_name.rpartition("/")[2]):
        if name and name in line:
            line = _mask_word(line, name)
    return line


def _mask_word(line: str, word: str) -> str:
    parts = []
    start = 0
    at = line.find(word)
    while at >= 0:
        end = at + len(word)
        if not (_is_word(line[at - 1 : at]) or _is_word(line[end : end + 1])):
            parts += [line[start:at], MASK]
            start = end
        at = line.find(word, end)
    return "".join([*parts, line[start:]])


def _is_word(sign: str) -> bool:
    return sign.isalnum() or sign == "_"
