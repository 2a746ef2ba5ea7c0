"""`strftime` formats as PostgreSQL expressions: https://www.sqlite.org/lang_datefunc.html#strftime"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from sqlport.fixers._dates_moment import Moment, Parts, RefusedError

_PATTERNS: Mapping[str, str] = {
    "d": "DD",
    "f": "SS.MS",
    "F": "YYYY-MM-DD",
    "G": "IYYY",
    "g": "IY",
    "H": "HH24",
    "I": "HH12",
    "j": "DDD",
    "m": "MM",
    "M": "MI",
    "p": "AM",
    "P": "am",
    "R": "HH24:MI",
    "S": "SS",
    "T": "HH24:MI:SS",
    "u": "ID",
    "V": "IW",
    "Y": "YYYY",
}
"""Conversions that to_char() has, too: https://www.postgresql.org/docs/current/functions-formatting.html"""

_FIELDS: Mapping[str, str] = {
    "d": "day",
    "H": "hour",
    "j": "doy",
    "m": "month",
    "M": "minute",
    "u": "isodow",
    "V": "week",
    "G": "isoyear",
    "w": "dow",
    "Y": "year",
}
"""Conversions that give a number, and the field of extract() that is the same."""

_DIGITS = "dGgHIjmMSuVYwsWU"  # conversions that give digits only
_PIECE = re.compile(r"%(.?)|[^%]+", re.DOTALL)
_KEPT = re.compile(r"[^A-Za-z\"\\%]*")  # text that means itself in a to_char() pattern


def text(fmt: str, moment: Moment) -> Parts:
    """What `strftime(fmt, moment)` gives, as text; raises RefusedError for a conversion that has no equal."""
    pieces = [piece for run in _runs(fmt) for piece in run]
    groups = [(is_pattern, [item for _, item in group]) for is_pattern, group in groupby(pieces, key=_is_pattern)]
    joined: list[str | Parts] = []
    for is_pattern, items in groups:
        if is_pattern:
            joined.append(_to_char("".join(_apart(items)), moment))
        else:
            joined.extend(_SPECIAL[item](moment) for item in items)
    if not joined:
        return ("''",)
    parts: list[str | Parts] = []
    for index, piece in enumerate(joined):
        parts.extend([" || "] if index else [])
        parts.append(piece)
    return tuple(item for piece in parts for item in (piece if isinstance(piece, tuple) else (piece,)))


def number(fmt: str, moment: Moment) -> Parts | None:
    """What SQLite makes of `strftime(fmt, moment)` as a number; None where the text is not all digits."""
    type_name = number_type(fmt)
    if not type_name:
        return None
    if fmt == "%s":
        return epoch(moment)
    if len(fmt) == 2 and fmt[1] in _FIELDS:
        return (f"extract({_FIELDS[fmt[1]]} FROM ", *moment.parts, ")::bigint")
    made = text(fmt, moment)
    return (*made, f"::{type_name}") if _is_one_call(fmt) else ("(", *made, f")::{type_name}")


def number_type(fmt: str) -> str:
    """The type of the number that the text of a format always is; empty where it is none."""
    digits = rf"(?:%[{_DIGITS}]|\d)"
    if re.fullmatch(rf"{digits}+", fmt):
        return "bigint"
    return "double precision" if re.fullmatch(rf"{digits}+\.{digits}+|{digits}*%f", fmt) else ""


def epoch(moment: Moment) -> Parts:
    """Seconds since 1970 as bigint; SQLite drops a fraction downwards."""
    seconds = ("extract(epoch FROM ", *(moment.zoned or moment.parts), ")")
    return (*seconds, "::bigint") if moment.whole else ("floor(", *seconds, ")::bigint")


def julian_day(moment: Moment) -> Parts:
    """The Julian day as SQLite counts it: a whole number of milliseconds, divided once."""
    return ("(extract(epoch FROM ", *moment.parts, ") * 1000 + 210866760000000)::double precision / 86400000")


def uses(fmt: str) -> int:
    """How often the moment is written for a format."""
    conversions = [item for run in _runs(fmt) for item in run]
    special = sum(2 if item in ("%W", "%U") else 1 for kind, item in conversions if kind == "special")
    patterns = sum(1 for key, _ in groupby(conversions, key=_is_pattern) if key)
    return special + patterns


def has_fraction(fmt: str) -> bool:
    """Whether a format shows fractions of a second."""
    return "%f" in fmt


def _is_pattern(piece: tuple[str, str]) -> bool:
    return piece[0] != "special"


def _is_one_call(fmt: str) -> bool:
    return not any(f"%{name}" in fmt for name in "wsWU") and fmt not in ("",)


def _runs(fmt: str) -> Iterator[list[tuple[str, str]]]:
    """The format as pieces: a to_char() pattern, text in one, or a conversion with an expression of its own."""
    for match in _PIECE.finditer(fmt):
        name = match[1]
        if name is None:
            yield [("text", _quoted(match[0]))]
        elif name == "%":
            yield [("text", "%")]
        elif name in _PATTERNS:
            yield [("pattern", _PATTERNS[name])]
        elif f"%{name}" in _SPECIAL:
            yield [("special", f"%{name}")]
        else:
            raise RefusedError(
                f"strftime() has no equal for '%{name}' in PostgreSQL's to_char(); compute it, or format it in the host"
            )


def _quoted(run: str) -> str:
    """Text as it stands in a to_char() pattern: letters are patterns unless they are quoted."""
    if _KEPT.fullmatch(run):
        return run
    return '"' + run.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _apart(items: list[str]) -> Iterator[str]:
    """The pieces of a pattern; an empty quoted text keeps two of them from reading as a third (`DD` `DD`)."""
    before = ""
    for item in items:
        if before[-1:].isalpha() and before[-1:].upper() == item[:1].upper():
            yield '""'
        yield item
        before = item


def _to_char(pattern: str, moment: Moment) -> Parts:
    return ("to_char(", *moment.parts, ", '" + pattern.replace("'", "''") + "')")


def _padded(pattern: str) -> Callable[[Moment], Parts]:
    return lambda moment: ("lpad(", *_to_char(pattern, moment), ", 2)")


def _week(field: str, days: int) -> Callable[[Moment], Parts]:
    """Weeks since the first such day of the year; the days before it are week 00."""

    def made(moment: Moment) -> Parts:
        day: Parts = ("extract(doy FROM ", *moment.parts, ")")
        return ("to_char((", *day, f" + {days} - extract({field} FROM ", *moment.parts, "))::int / 7, 'FM00')")

    return made


_SPECIAL: Mapping[str, Callable[[Moment], Parts]] = {
    "%e": _padded("FMDD"),
    "%k": _padded("FMHH24"),
    "%l": _padded("FMHH12"),
    "%s": lambda moment: ("floor(extract(epoch FROM ", *(moment.zoned or moment.parts), "))::text"),
    "%w": lambda moment: ("extract(dow FROM ", *moment.parts, ")::text"),
    "%W": _week("isodow", 7),
    "%U": _week("dow", 6),
}
