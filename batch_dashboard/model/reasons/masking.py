"""Masking: what differs between two occurrences of one error becomes "*"."""

import re
from functools import lru_cache

from batch_dashboard.model.reasons.missing import missing_names, without_version
from batch_dashboard.model.reasons.plain import lowered
from batch_dashboard.model.reasons.shapes import shape_of

MASK = "*"
_DIGIT = re.compile("[0-9]")


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
_DATES = _pattern(
    rf"""
    (?:\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*+,?+\ ++)?+
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

# Where none of these stands, there is no date.
_DATE_CLUE = re.compile(
    r"\d:\d\d|\d[-/.]\d{1,2}[-/.]\d|\dT\d{4}"
    r"|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
)

_UNIT = r"""
    (?:\ ?(?:[kKMGT]?i?B(?:ps|/s)?|kb|mb|gb|[bB]ytes?|bits?|px|[nmuµ]?s|[hmd]|[mu]?secs?
    |(?:milli|micro|nano)?seconds?|mins?|minutes?|hrs?|hours?|days?|weeks?)
    (?:\b|(?=\d++[hms]))|\ ?%)
"""
# Numbers that tell causes apart come first: they are kept.
_NUMBERS = _pattern(
    rf"""
    (?P<kept>
        \b[A-Z]{{1,7}}-?\d{{2,6}}\b | \b0x[8cC]0[0-9a-fA-F]{{6}}\b
      | \b(?:[Ss]ignal|SIGNAL|[Ee]rrno|os\ error|curl:)\W{{1,3}}-?\d++
      | \b(?:HTTP(?:/\d(?:\.\d)?)?|[Ss]tatus|[Cc]ode|[Rr]esponse|[Ee]rror|ERROR|[Rr]eturned|[Gg]ot)
        [\s:=(]{{1,3}}[45]\d\d\b(?![.\w])
      | \b[45]\d\d(?=\ [A-Z][a-z]++) | \b(?:code|status)\W{{1,3}}(?:12[467]|13[479])\b
    )
    | \b[0-9a-fA-F]{{8}}(?:-[0-9a-fA-F]{{4}}){{3}}-[0-9a-fA-F]{{12}}\b           # UUIDs
    | \b0[xX][0-9a-fA-F]++\b
    | \bsha(?:1|256|384|512)[:-][\w+/=]{{16,}}+
    | \beyJ[\w-]++(?:\.[\w-]*+){{2}}                                             # tokens
    | (?<![\w.])[-+]?\d++(?:[.,]\d++)?{_UNIT}(?:,?\ ?\d++(?:\.\d++)?{_UNIT})*+   # 1m 12s, 4.2 MB
    | \b(?=[a-fA-F]*+\d)[0-9a-fA-F]{{7,}}+\b(?:-[a-z0-9]{{5}}\b)?                # hexadecimal runs
    | \b[0-9a-fA-F]{{32,}}+\b
    | (?<![\w.+~@-])[a-zA-Z][a-zA-Z0-9+]*+(?:[-_.][a-zA-Z][a-zA-Z0-9+]*+)*+     # a-b-1.2
      [-_@]v?\d++(?:[.:]\d++)[\w.+~:-]*+
    | v?\d++(?:\.(?:\d++|x|\*))++(?:[-+.~_]?[a-zA-Z0-9]++)*+                     # versions
    | (?<![a-zA-Z_.\d])\d++(?:st|nd|rd|th|x|k|M)?(?![a-zA-Z_\d])
    | (?<=[a-z]{{3}})\d{{4,}}+(?![a-zA-Z\d])
    """,
    re.NOFLAG,
)
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
_LESS = re.compile(
    r",? (?:col(?:umn)?|char(?:acter)?s?):? \*"
    r"| \((?:after|attempt|imported|needed|offset|required|retry|took|try)\b[^()]*\)"
)
_REPEATED = re.compile(r"\*(?:[\s,./:@_+~-]*+\*)++")


def mask(line: str, recipe_name: str) -> str:
    """The line with its variable parts masked, and white space collapsed."""
    line = _mask_own_name(line, recipe_name)
    masked = mask_line(shape_of(line))
    # A number that is kept is one of this line.
    return mask_line(line) if _DIGIT.search(masked) else masked


@lru_cache(maxsize=2_048)
def mask_line(line: str) -> str:
    """A line with its variable parts masked, after the recipe's own name was."""
    line = _PROGRAM.sub(r"\1", line)
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
    masked = _LESS.sub("", " ".join(_REPEATED.sub(MASK, masked).split())).rstrip(".")
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
        text = _SUBJECT.sub(MASK, _TRIPLETS.sub(MASK, text))
    if "." in text:
        text = _DOTTED.sub(_mask_dotted, text)
    if _DATE_CLUE.search(text):
        text = _DATES.sub(MASK, text)
    if any(map(str.isdigit, text)):
        text = _NUMBERS.sub(_mask_number, text)
    return text


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
    return match[0] if match["kept"] else MASK


def _mask_own_name(line: str, recipe_name: str) -> str:
    """The line with the recipe's name masked where it stands as a word of its own."""
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
