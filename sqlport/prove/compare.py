"""Whether two answers are the same: values and their types, order where it is fixed, labels, changed tables."""

from __future__ import annotations

import datetime
import json
import math
import re
import uuid
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any

from sqlport.model import Aspect

if TYPE_CHECKING:
    from sqlport.prove.answers import Answer, Row

_LABEL = re.compile(r"[A-Za-z_]\w*")
_NO_LABEL = frozenset(["null", "true", "false", "current_timestamp", "current_date", "current_time"])
_CLOCK_SECONDS = 120
_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?|\d\d:\d\d(?::\d\d(?:\.\d+)?)?")


@dataclass(frozen=True, slots=True)
class Mismatch:
    """In what two answers differ, and the first place where they do, in words."""

    aspect: Aspect
    summary: str


Compare = Callable[[Sequence["Row"], Sequence["Row"]], Mismatch | None]


def compare(
    sqlite: Answer, postgres: Answer, *, clock: bool = False, named: frozenset[str] = frozenset()
) -> Mismatch | None:
    """The first difference of two answers without errors, rows in any order; None where there is none.

    With `clock` texts and numbers that tell the current time are equal when they do so to two minutes. `named`
    are labels that the statement gives by AS.
    """
    labels = _labels(sqlite.labels, postgres.labels, named)
    if labels is not None:
        return labels
    found = rows(sqlite.rows, postgres.rows, clock=clock)
    if found is not None:
        return found
    after = dict(postgres.tables)
    for key, before in sqlite.tables:
        changed = rows(before, after.get(key, ()), clock=clock)
        if changed is not None:
            aspect: Aspect = "types" if changed.aspect == "types" else "tables"
            return Mismatch(aspect, f"table {key} afterwards: {changed.summary}")
    if sqlite.tables and not sqlite.labels and sqlite.count != postgres.count:
        return Mismatch("count", f"SQLite counts {sqlite.count} changed rows, PostgreSQL {postgres.count}")
    return None


def _labels(sqlite: Sequence[str], postgres: Sequence[str], named: frozenset[str]) -> Mismatch | None:
    """SQLite leaves the label of an expression without AS open (https://www.sqlite.org/c3ref/column_name.html).

    That the name of a column comes in lower case is told with the proof (`folded_labels`), not as a difference.
    """
    if len(sqlite) != len(postgres):
        return Mismatch("labels", f"SQLite returns {len(sqlite)} columns, PostgreSQL {len(postgres)}")
    for place, (one, other) in enumerate(zip(sqlite, postgres, strict=True), 1):
        matters = one in named or (_LABEL.fullmatch(one) and one.lower() not in _NO_LABEL)
        folded = one not in named and one.lower() == other
        if matters and one != other and not folded:
            return Mismatch("labels", f"column {place} is labelled {one} by SQLite and {other} by PostgreSQL")
    return None


def folded_labels(sqlite: Sequence[str], postgres: Sequence[str]) -> tuple[str, ...]:
    """The names that PostgreSQL returns in lower case."""
    both = zip(sqlite, postgres, strict=False)
    return tuple(one for one, other in both if one != other and one.lower() == other and _LABEL.fullmatch(one))


def identical(sqlite: Sequence[Row], postgres: Sequence[Row]) -> bool:
    """Whether the rows are equal for Python, in order and with their types: quickly told, and true of most."""
    if sqlite != postgres:
        return False
    return [*map(type, chain.from_iterable(sqlite))] == [*map(type, chain.from_iterable(postgres))]


def rows(sqlite: Sequence[Row], postgres: Sequence[Row], *, clock: bool = False) -> Mismatch | None:
    """The first difference of two multisets of rows."""
    if identical(sqlite, postgres):
        return None
    left, right = _unequal(sqlite, postgres)
    ours, theirs = Counter(map(exact, left)), Counter(map(exact, right))
    if ours == theirs:
        return None
    only_ours = _only(left, theirs, exact)
    only_theirs = _only(right, ours, exact)
    if clock and len(only_ours) == len(only_theirs) and _same_but_for_clock(only_ours, only_theirs):
        return None
    if Counter(map(loose, only_ours)) == Counter(map(loose, only_theirs)):
        first = only_ours[0]
        match = next(row for row in only_theirs if loose(row) == loose(first))
        place = next(i for i, (a, b) in enumerate(zip(first, match, strict=True)) if _exact(a) != _exact(b))
        return Mismatch(
            "types",
            f"column {place + 1} is {_kind(first[place])} {shown(first[place])} in SQLite"
            f" and {_kind(match[place])} {shown(match[place])} in PostgreSQL",
        )
    return Mismatch("rows", _told(only_ours, only_theirs))


def _unequal(sqlite: Sequence[Row], postgres: Sequence[Row]) -> tuple[Sequence[Row], Sequence[Row]]:
    """What is left of both without the rows that are equal for Python as well, which are most and quickly told."""
    try:
        counted = Counter((row, tuple(map(type, row))) for row in sqlite)
        others = Counter((row, tuple(map(type, row))) for row in postgres)
    except TypeError:  # JSON values have no hash
        return sqlite, postgres
    return [row for row, _ in (counted - others).elements()], [row for row, _ in (others - counted).elements()]


def _told(ours: Sequence[Row], theirs: Sequence[Row]) -> str:
    if not theirs:
        return f"only SQLite has {line(ours[0])}" + _more(ours)
    if not ours:
        return f"only PostgreSQL has {line(theirs[0])}" + _more(theirs)
    return f"SQLite has {line(ours[0])} where PostgreSQL has {line(theirs[0])}"


def _more(found: Sequence[Row]) -> str:
    return f" and {len(found) - 1} more rows" if len(found) > 1 else ""


def _only(found: Sequence[Row], others: Counter[Hashable], key: Callable[[Row], Hashable]) -> list[Row]:
    """The rows that the others lack, in order."""
    left = Counter(others)
    result = []
    for row in found:
        if left[key(row)] > 0:
            left[key(row)] -= 1
        else:
            result.append(row)
    return result


def exact(row: Row) -> Hashable:
    """A row as a key in which values of other types are other values."""
    return tuple(map(_exact, row))


def loose(row: Row) -> Hashable:
    """A row as a key in which a value counts, not its type."""
    return tuple(map(_loose, row))


def _exact(value: Any) -> Hashable:
    return (_kind(value), _loose(value))


def _kind(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, memoryview | bytearray):
        return "bytes"
    return type(value).__name__


def _loose(value: Any) -> Hashable:
    if isinstance(value, bool | int):
        return ("number", format(value, "d"))
    if isinstance(value, float | Decimal):
        return ("number", _number(value))
    if isinstance(value, memoryview | bytearray | bytes):
        return ("bytes", bytes(value))
    if isinstance(value, datetime.datetime):
        moment = value.astimezone(datetime.timezone.utc) if value.tzinfo else value
        return ("text", moment.replace(tzinfo=None).isoformat(" "))
    if isinstance(value, datetime.date | datetime.time | uuid.UUID):
        return ("text", str(value))
    if isinstance(value, dict | list):
        return ("text", json.dumps(value, sort_keys=True, separators=(",", ":")))
    return ("text", value) if isinstance(value, str) else (type(value).__name__, value)


def _number(value: float | Decimal) -> str:
    """Twelve digits: both engines sum in their own order. An integral value as an integer would be said."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and (isinstance(value, Decimal) or abs(value) < 1e15):
        return str(int(value))
    text = f"{float(value):.11e}"  # a Decimal writes its exponent otherwise
    return str(int(float(text))) if float(text).is_integer() and abs(float(value)) < 1e11 else text


def _same_but_for_clock(ours: Sequence[Row], theirs: Sequence[Row]) -> bool:
    left = list(theirs)
    for row in ours:
        match = next((other for other in left if _alike(row, other)), None)
        if match is None:
            return False
        left.remove(match)
    return True


def _alike(row: Row, other: Row) -> bool:
    return len(row) == len(other) and all(
        _exact(one) == _exact(two) or (_kind(one) == _kind(two) and _is_now(one, two))
        for one, two in zip(row, other, strict=True)
    )


def _is_now(one: Any, other: Any) -> bool:
    """Whether two values of one type tell nearly the same time, in nearly the same spelling."""
    if isinstance(one, str):
        if re.sub(r"\d", "9", one) != re.sub(r"\d", "9", other):
            return False
        times = [[_seconds(found) for found in _TIME.findall(text)] for text in (one, other)]
        return bool(times[0]) and all(abs(a - b) < _CLOCK_SECONDS for a, b in zip(*times, strict=True))
    if isinstance(one, int | float):
        days = 2_400_000 < one < 2_600_000  # a Julian day
        return bool(abs(one - other) < (_CLOCK_SECONDS / 86400 if days else _CLOCK_SECONDS)) and one > 1_000_000
    return False


def _seconds(text: str) -> float:
    base = text if len(text) > 9 and text[4] == "-" else "2000-01-01 " + text
    return datetime.datetime.fromisoformat(base[:19]).timestamp()


def shown(value: Any) -> str:
    """A value for people: text in quotes, bytes in hexadecimal, long ones cut."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        text = "'" + value.replace("'", "''") + "'"
    elif isinstance(value, bytes | memoryview | bytearray):
        text = f"x'{bytes(value).hex()}'"
    else:
        text = str(value)
    return text if len(text) <= 120 else text[:119] + "…"


def line(row: Iterable[Any]) -> str:
    """A row for people."""
    return "(" + ", ".join(map(shown, row)) + ")"
