"""The named rules by which a user lets a value be changed so that it fits; without one nothing is changed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from sqlport.data import moments
from sqlport.data.plan import Value
from sqlport.data.wire import Wire

Rule = Callable[[Value, Wire], Value]
"""Gives another value of SQLite for one that does not fit, or raises ValueError where the rule does not apply."""

_NUMBER: Final = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)")
_TRUE: Final = frozenset(["t", "true", "y", "yes", "on", "1"])
_FALSE: Final = frozenset(["f", "false", "n", "no", "off", "0"])
_LARGEST: Final[Mapping[str, int]] = {"int2": 2**15 - 1, "int4": 2**31 - 1, "int8": 2**63 - 1}


def _text_of(value: Value) -> str:
    """The characters of a text or of a BLOB that is one."""
    if isinstance(value, (bytes, bytearray)):
        return value.decode()  # UnicodeDecodeError is a ValueError
    raise ValueError("no text")


def _number_of(value: Value) -> int | float:
    if isinstance(value, (int, float)):
        return value
    raise ValueError("no number")


def _read_number(text: str) -> int | float:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def _number(value: Value, _wire: Wire) -> Value:
    text = _text_of(value)
    match = _NUMBER.match(text)
    if match is None or text[match.end() :].strip():
        raise ValueError("not a number as a whole")
    found = _read_number(match[1])
    return int(found) if isinstance(found, float) and found.is_integer() else found


def _cast(value: Value, _wire: Wire) -> Value:
    match = _NUMBER.match(_text_of(value))
    return _read_number(match[1]) if match else 0


def _round(value: Value, _wire: Wire) -> Value:
    number = _finite(value)
    return math.floor(abs(number) + 0.5) * (1 if number >= 0 else -1)


def _truncate(value: Value, _wire: Wire) -> Value:
    return math.trunc(_finite(value))


def _finite(value: Value) -> int | float:
    number = _number_of(value)
    if not math.isfinite(number):
        raise ValueError("infinite")
    return number


def _clamp(value: Value, wire: Wire) -> Value:
    most = _LARGEST.get(wire.kind)
    if most is None:
        raise ValueError("for integers only")
    return int(max(-most - 1, min(most, _number_of(value))))


def _real(value: Value, _wire: Wire) -> Value:
    return float(_number_of(value))


def _text(value: Value, _wire: Wire) -> Value:
    if isinstance(value, (bytes, bytearray)):
        return bytearray(_text_of(value).encode())
    if isinstance(value, int):
        return bytearray(str(value).encode())
    number = _number_of(value)
    if not math.isfinite(number):
        return bytearray(b"Inf" if number > 0 else b"-Inf")
    return bytearray(repr(number).encode())


def _hex(value: Value, _wire: Wire) -> Value:
    if not isinstance(value, (bytes, bytearray)):
        raise ValueError("no bytes")
    return bytearray(value.hex().encode())


def _bytes(value: Value, wire: Wire) -> Value:
    text = value if isinstance(value, bytearray) else _text(value, wire)
    assert isinstance(text, bytearray)
    return bytes(text)


def _strip_nul(value: Value, _wire: Wire) -> Value:
    return bytearray(_raw_text(value).replace(b"\0", b""))


def _cut_at_nul(value: Value, _wire: Wire) -> Value:
    return bytearray(_raw_text(value).partition(b"\0")[0])


def _raw_text(value: Value) -> bytearray:
    if not isinstance(value, bytearray):
        raise ValueError("no text")
    return value


def _decode(encoding: str, errors: str = "strict") -> Rule:
    def rule(value: Value, _wire: Wire) -> Value:
        if not isinstance(value, (bytes, bytearray)):
            raise ValueError("no text")
        return bytearray(value.decode(encoding, errors).encode())

    return rule


def _cut(value: Value, wire: Wire) -> Value:
    return bytearray(_raw_text(value).decode()[: wire.length].encode())


def _strip(value: Value, _wire: Wire) -> Value:
    return _raw_text(value).strip()


def _boolean(value: Value, _wire: Wire) -> Value:
    word = _text_of(value).strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError("no word for true or false")
    return int(word in _TRUE)


def _nonzero(value: Value, _wire: Wire) -> Value:
    return int(_number_of(value) != 0)


def _null(_value: Value, _wire: Wire) -> Value:
    return None


def _empty_to_null(value: Value, _wire: Wire) -> Value:
    if isinstance(value, bytearray) and not value.strip():
        return None
    raise ValueError("not empty")


def _empty(_value: Value, _wire: Wire) -> Value:
    return bytearray()


def _keep(value: Value, _wire: Wire) -> Value:
    return value


def _moment(convert: Callable[[float], datetime], scale: int) -> Rule:
    """`scale` are the microseconds of one, for intervals."""

    def rule(value: Value, wire: Wire) -> Value:
        number = _number_of(value) if isinstance(value, (int, float)) else _read_number(_text_of(value).strip())
        if wire.kind == "interval":
            return bytearray(moments.as_interval(round(number * scale)).encode())
        try:
            text = convert(number).isoformat(" ")
        except OverflowError:
            raise ValueError("beyond the year 9999") from None
        return bytearray((text[:10] if wire.kind == "date" else text).encode())

    return rule


def _date(value: Value, wire: Wire) -> Value:
    text = moments.loosely(_text_of(value))
    if wire.kind == "date":
        return bytearray(text[:10])
    if wire.kind == "timestamp":  # without an offset: UTC, as SQLite takes it
        number = moments.microseconds(text, zoned=True)
        return bytearray(moments.iso_moment(number, zoned=False).encode())
    return bytearray(text)


RULES: Final[Mapping[str, tuple[Rule, str]]] = {
    "null": (_null, "NULL instead"),
    "empty-null": (_empty_to_null, "NULL instead of a text of blanks or of no characters"),
    "number": (_number, "the number that a text is as a whole ('12', ' 1e3 ')"),
    "cast": (_cast, "the number that a text begins with, else 0, as SQLite's CAST ('12abc' is 12, 'abc' is 0)"),
    "round": (_round, "the nearest integer, halves away from zero"),
    "truncate": (_truncate, "the integer without the decimals"),
    "clamp": (_clamp, "the nearest integer that the type has"),
    "real": (_real, "the nearest floating point number"),
    "text": (_text, "a number as text, a BLOB that is UTF-8 as text"),
    "hex": (_hex, "the bytes as hexadecimal digits"),
    "bytes": (_bytes, "the bytes of a text or of a number's text"),
    "strip-nul": (_strip_nul, "the text without its NUL characters"),
    "cut-nul": (_cut_at_nul, "the text before its first NUL character"),
    "utf8": (_decode("utf-8", "replace"), "the text with U+FFFD for bytes that are no UTF-8"),
    "latin1": (_decode("latin-1"), "the bytes read as ISO 8859-1"),
    "cp1252": (_decode("cp1252"), "the bytes read as Windows-1252"),
    "strip": (_strip, "the text without blanks at its ends"),
    "cut": (_cut, "the first characters, as many as the type takes"),
    "boolean": (_boolean, "t, true, y, yes, on, 1 and their opposites as a boolean"),
    "nonzero": (_nonzero, "true for every number but 0"),
    "seconds": (
        _moment(moments.from_seconds, 10**6),
        "the moment so long after 1970 (Unix); an interval so long",
    ),
    "milliseconds": (_moment(lambda number: moments.from_seconds(number / 1000), 1000), "the same of milliseconds"),
    "microseconds": (_moment(lambda number: moments.from_seconds(number / 10**6), 1), "the same of microseconds"),
    "julian": (_moment(moments.from_julian, 86_400 * 10**6), "the moment of a Julian day; so many days"),
    "date": (_date, "a date in a similar order of writing (2024/1/2, lower-case t or z); in UTC without an offset"),
    "empty": (_empty, "the empty text instead"),
    "keep": (_keep, "an orphan as it is: its foreign key is checked for new rows only (NOT VALID)"),
}
"""By name: what each rule does, and in words."""
