"""Classification of single lines: noise, a wrapper, or an error of some kind."""

from enum import Enum, IntEnum, auto
from functools import lru_cache
from typing import NamedTuple

from batch_dashboard.model.failures.reasons import signs
from batch_dashboard.model.failures.reasons.prefixes import strip_prefix
from batch_dashboard.model.failures.reasons.shapes import shape_of


class Kind(IntEnum):
    """The kind of a line by its information about the cause; the largest kind is chosen."""

    NOISE = 0  # about no error: a stack frame, a warning, a note, progress, advice, source code
    WRAPPER = 1  # reports only that something failed
    STAGE = 2  # names the stage that failed: tests, vignettes, an extension
    VAGUE = 3  # names what failed and no cause
    WEAK = 4  # has an error phrase somewhere
    ERROR = 5  # begins with an error word, or has one before a colon
    EXCEPTION = 6  # an exception, with its text
    DEFINITE = 7  # an error with its place or its code, or one of the operating system
    MACHINE = 8  # the machine ran out of disk or memory, which can cause any other error


class Opens(Enum):
    """The construct that a line opens and the lines below it continue."""

    NOTHING = auto()
    TRACEBACK = auto()  # of Python
    CAUSES = auto()  # the causes of an error, one or several
    TEXT = auto()  # the text of an error, below a title
    CODE = auto()  # the text of an error, below its code or its place
    COLON = auto()  # what its colon announces


class Line(NamedTuple):
    """The classification of one line of a message."""

    kind: Kind
    text: str  # without its prefix
    is_marked: bool  # its prefix marks it as an error
    opens: Opens


# The same lines come in many messages: a look-up takes a tenth of a judgement.
@lru_cache(maxsize=4_096)
def has_clue(line: str) -> bool:
    """Whether a line may be about an error at all."""
    return line.startswith(("E: ", "e: ", "! ")) or bool(signs.CLUES.search(line.lower()))


@lru_cache(maxsize=2_048)
def read_line(line: str) -> Line:
    """Judge a line of a message, as all lines of its shape."""
    shape = shape_of(line)
    if shape == line:
        return judge(line)
    judged = judge(shape)
    start = shape.rfind(judged.text)
    if start < 0:  # built from the values of a structured line
        return judge(line)
    return judged._replace(text=line[start : start + len(judged.text)])


@lru_cache(maxsize=2_048)
def judge(line: str) -> Line:
    """Judge a line by itself; `read_line` gives lines of one shape one judgement."""
    text, is_marked = strip_prefix(line)
    kind = Kind.NOISE if signs.NOTED.match(line) else _kind_of(text, is_marked)
    return Line(kind, text, is_marked, _opens(text, kind))


@lru_cache(maxsize=1_024)
def kind_of(text: str, *, is_marked: bool) -> Kind:
    """The kind of a line without its prefix."""
    return _kind_of(text, is_marked)


def _kind_of(text: str, is_marked: bool) -> Kind:
    low = text.lower()
    if "..." in low and signs.STATUS.search(low):
        return Kind.VAGUE
    if _is_noise(low) or (not is_marked and signs.START_CODE.match(low)):
        return Kind.NOISE
    has_phrase = signs.ANY_PHRASE.search(low) is not None
    if has_phrase and _has_any(low, signs.MACHINE_PHRASES):
        return Kind.MACHINE
    if (has_phrase and _has_any(low, signs.DEFINITE_PHRASES)) or signs.START_DEFINITE.match(low):
        return Kind.DEFINITE
    if signs.START_STAGE.match(low):
        return Kind.STAGE
    if signs.START_WRAPPER.match(low) or _is_wrapper(low, has_phrase=has_phrase):
        return Kind.VAGUE if signs.SYSTEM_EXIT.search(low) else Kind.WRAPPER
    if "error" in low and (signs.LOCATED_ERROR.search(low) or signs.ERROR_CODE.search(low)):
        return Kind.DEFINITE
    if _is_exception(text, low) or (is_marked and text.startswith(signs.NPM_CODE)):
        return Kind.EXCEPTION
    if has_phrase and _has_any(low, signs.TIME_PHRASES):
        return Kind.ERROR
    return _general_kind(low, is_marked)


def _general_kind(low: str, is_marked: bool) -> Kind:
    """The kind of a line, in lower case, that no tool's own wording gives away."""
    if signs.START_VAGUE.match(low):
        return Kind.VAGUE
    if _ends_as_failed(low):
        return Kind.VAGUE if signs.BUILD_WORDS.search(low) else Kind.WEAK
    if is_marked or signs.START_ERROR.match(low) or signs.ERROR_INSIDE.search(low):
        return Kind.ERROR
    if signs.HTTP_ERROR.search(low):
        return Kind.ERROR
    if signs.WEAK_INSIDE.search(low) or signs.WEAK_PHRASES.search(low):
        return Kind.WEAK
    return Kind.NOISE


def _opens(text: str, kind: Kind) -> Opens:
    if text.startswith("Traceback (most recent"):
        return Opens.TRACEBACK
    low = text.lower()
    if low.startswith("caused by"):
        return Opens.CAUSES
    if signs.TITLE.match(low):
        return Opens.TEXT
    ends_so = low.endswith(signs.CODE_ENDINGS) or low.startswith("error in ")
    if ends_so and signs.CODE_ALONE.search(low):
        return Opens.CODE
    if not text.endswith(":") or text.startswith("CMake Error at"):
        return Opens.NOTHING
    # A failed command; its output is classified separately.
    is_command = kind is Kind.WRAPPER and signs.EXIT.search(low)
    return Opens.NOTHING if is_command and not _is_exception(text, low) else Opens.COLON


def _is_noise(low: str) -> bool:
    if not low:
        return True
    if _has_any(low, signs.NOISE_PHRASES):
        return not signs.ERROR_CODE.search(low)
    if signs.START_NOISE.match(low) or (" -" in low and signs.START_COMPILER.match(low)):
        return not _has_any(low, signs.LINKER_PHRASES)
    counts_nothing = ("0" in low or "no " in low) and ("error" in low or "fail" in low)
    return counts_nothing and bool(signs.NO_FAILURES.search(low))


def _is_wrapper(low: str, *, has_phrase: bool) -> bool:
    if has_phrase and _has_any(low, signs.WRAPPER_PHRASES):
        return True
    if signs.ENDS_WITH_CODE.search(low) and signs.EXIT.search(low):
        return True
    return has_phrase and any(
        phrase in low and ": " not in low.partition(phrase)[2] for phrase in signs.WRAPPER_HEADS
    )


def _is_exception(text: str, low: str) -> bool:
    if signs.START_EXCEPTION.match(text) or _has_any(low, signs.EXCEPTION_PHRASES):
        return True
    if text.endswith(("Error)", "Exception)")) and signs.END_EXCEPTION.match(text):
        return True
    return "ssertion" in text and bool(signs.FAILED_ASSERTION.search(text))


def _ends_as_failed(low: str) -> bool:
    end = low.rstrip(signs.BEHIND_FAILED)
    return end.endswith(signs.FAILED_WORDS) and bool(signs.ENDS_AS_FAILED.search(end))


def _has_any(low: str, phrases: tuple[str, ...]) -> bool:
    for phrase in phrases:  # noqa: SIM110 - any() with a generator takes twice as long
        if phrase in low:
            return True
    return False
