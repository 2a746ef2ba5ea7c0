"""The values on which the two engines are known to part, by the kind of column, and the neighbours of any value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from sqlport.prove.model import Sort, Value

DECKS: Mapping[Sort, tuple[Value, ...]] = {
    "integer": (None, 0, 1, 2, 3, 5, 7, 10, 10, -1, -7, 2147483647, 2147483648, 9007199254740993),
    "flag": (None, 0, 1, 1, 0),
    "real": (None, 0.0, 1.0, 0.5, 1.5, 2.5, -2.5, -1.0, 0.1, 2.675, 1234567.891, 33.0, 1.5),
    "numeric": (None, 0, 1, 1.5, 2.25, -2.5, 10, 0.1, 99.99, 1.5),
    "text": (
        *(None, "", " x ", "A", "a", "AB", "ab", "aB", "Zoë", "ZOË", "É", "é", "10", "9", "12abc"),
        *("a_b", "a%b", "a\\b", "it's", "b", "ab", "-5", "0.50", "2024-02-29"),
    ),
    "blob": (None, b"", b"\x00\xff", b"abc", b"ABC"),
    "date": (None, "2024-02-29", "2024-01-31", "2023-12-31", "2024-03-10", "2024-11-03", "2000-01-01", "2024-12-30"),
    "datetime": (
        *(None, "2024-02-29 12:00:00", "2024-01-31 23:59:59", "2023-12-31 00:00:00", "2024-03-10 02:30:00"),
        *("2024-11-03 01:30:00", "2024-12-30 08:05:09", "2024-01-31T23:30:00", "1999-12-31 23:59:59"),
        *("2024-06-15 18:00:00.250", "2024-01-31"),
    ),
    "time": (None, "00:00:00", "12:30:45", "23:59:59", "02:30:00"),
    "json": (
        *(None, "{}", "[]", '{"a": 1}', '{"a": {"b": 2}, "name": "x"}', '{"a": "text", "b": [1, 2, 3]}'),
        *('{"a": null, "b": true}', '{"a": 1.5, "tags": ["x", "y"]}', "[1, 2]", '{"name": "Zoë", "a": false}'),
    ),
    "uuid": (
        None,
        "00000000-0000-0000-0000-000000000000",
        "550e8400-e29b-41d4-a716-446655440000",
        "123e4567-e89b-12d3-a456-426614174000",
    ),
}
"""Dealt to every column of the kind. No value overflows when the rows of a table are summed up."""

_LARGE = 1_000_000
_LONGEST = 400


def is_tame(value: Value) -> bool:
    """Whether products of such values stay within 64 bits."""
    return not isinstance(value, int) or abs(value) <= _LARGE


def fitting(values: Iterable[Value], sort: Sort) -> Iterator[Value]:
    """Those of the values that a column of the kind holds, as it holds them."""
    for value in values:
        if value is None:
            yield None
        elif sort in ("integer", "flag"):
            number = _number(value)
            if isinstance(number, int) and abs(number) < 2**63 and (sort == "integer" or number in (0, 1)):
                yield number
        elif sort in ("real", "numeric"):
            number = _number(value)
            if number is not None and abs(number) < 1e15:
                yield float(number) if sort == "real" else number
        elif sort == "blob":
            if isinstance(value, bytes):
                yield value
        elif not isinstance(value, bytes):
            text = str(value)
            if len(text) <= _LONGEST and _has_form(text, sort):
                yield text


def _number(value: Value) -> int | float | None:
    if isinstance(value, str):
        with suppress(ValueError):
            return int(value)
        with suppress(ValueError):
            number = float(value)
            return number if number - number == 0 else None  # neither inf nor nan
        return None
    return None if isinstance(value, bytes) else value


def _has_form(text: str, sort: Sort) -> bool:
    """Whether a text is of the form that the column takes, as far as both engines agree on it."""
    import json
    import re
    from datetime import date, datetime

    if "\0" in text:
        return False
    try:
        if sort == "json":
            json.loads(text)
        elif sort == "date":
            date.fromisoformat(text)
        elif sort == "datetime":
            datetime.fromisoformat(text)
        elif sort == "uuid":
            return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None
        elif sort == "time":
            return re.fullmatch(r"[0-2]\d:[0-5]\d(:[0-5]\d)?", text) is not None
    except ValueError:
        return False
    return True


def neighbours(value: Value) -> Iterator[Value]:
    """The value itself and those that comparisons with it just miss."""
    yield value
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, float):
        yield from (value + 0.5, value - 0.5)
    elif isinstance(value, str):
        yield from (value.swapcase(), value + "z", "a" + value)


def matching(pattern: str) -> Iterator[str]:
    """Texts that a LIKE pattern is about: its wildcards filled, in both cases."""
    plain = pattern.replace("\\", "")
    short = plain.replace("%", "").replace("_", "b")
    yield from (short, short.swapcase(), plain.replace("%", "xY").replace("_", "É"), short + "é", pattern)


def matching_glob(pattern: str) -> Iterator[str]:
    """Texts that a GLOB pattern is about."""
    import re

    plain = re.sub(r"\[\^?(.)[^]]*\]", r"\1", pattern)
    short = plain.replace("*", "").replace("?", "b")
    yield from (short, short.swapcase(), plain.replace("*", "xY").replace("?", "É"))
