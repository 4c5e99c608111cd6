"""Texts that a spreadsheet interprets as a formula. Source: docs/exports.md."""

# A cell that begins with one of these is one, or makes the cell after it one.
FORMULA_STARTS = "=+-@\t\r\n"
# What may stand before that without being seen: every other white space of Unicode, and characters
# that show nothing (soft hyphen, zero width, directions of writing, byte order mark).
BLANKS = (
    " \v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
    "\xad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061"
    "\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)


def guarded(text: str) -> str:
    """The text of a cell, with an apostrophe before what would be a formula."""
    return f"'{text}" if text.lstrip(BLANKS).startswith(tuple(FORMULA_STARTS)) else text


def unguarded(cell: str) -> str:
    """The text that `guarded` made a cell of."""
    return cell[1:] if cell.startswith("'") and guarded(cell[1:]) == cell else cell
