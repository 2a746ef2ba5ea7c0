"""SQLite's date modifiers as values, read from their text: https://www.sqlite.org/lang_datefunc.html#dtmods"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal as OneOf

_SECONDS = {"day": 86400, "hour": 3600, "minute": 60, "second": 1}
_AMOUNT = re.compile(r"([+-]?)(\d+(?:\.\d*)?)\s*(day|hour|minute|second|month|year)s?", re.ASCII | re.IGNORECASE)
_CLOCK = re.compile(r"([+-]?)(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)", re.ASCII)
_CALENDAR = re.compile(r"([+-])(\d{4})-(\d\d)-(\d\d)(?: (\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?", re.ASCII)
_WEEKDAY = re.compile(r"weekday ([0-6])(?:\.0*)?", re.ASCII)
_START = re.compile(r"start of (day|month|year)")


@dataclass(frozen=True, slots=True)
class Shift:
    """A time of fixed length: `sign` and the text of a PostgreSQL interval. `days` tells that it is whole days."""

    sign: str
    interval: str
    days: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Months:
    """Months or years, whose days overflow into the next month unless `floor` follows."""

    sign: str
    interval: str


@dataclass(frozen=True, slots=True)
class Start:
    """Back to the start of the day, month or year."""

    unit: str


@dataclass(frozen=True, slots=True)
class Weekday:
    """Forward to the next such day, if it is not that day already; 0 is Sunday."""

    day: int


@dataclass(frozen=True, slots=True)
class Word:
    """A modifier that is one word."""

    word: OneOf["unixepoch", "julianday", "auto", "localtime", "utc", "subsec", "floor", "ceiling"]


Step = Shift | Months | Start | Weekday | Word


def steps(text: str) -> tuple[Step, ...] | None:
    """What a modifier does, in order; None where SQLite does not know it (the function then gives NULL)."""
    lower = text.lower()
    if lower in ("unixepoch", "julianday", "auto", "localtime", "utc", "floor", "ceiling"):
        return (Word(lower),)  # type: ignore[arg-type]
    if lower in ("subsec", "subsecond"):
        return (Word("subsec"),)
    start = _START.fullmatch(lower)
    if start is not None:
        return (Start(start[1]),)
    weekday = _WEEKDAY.fullmatch(lower)
    if weekday is not None:
        return (Weekday(int(weekday[1])),)
    return _amount(text) or _clock(text) or _calendar(text)


def _amount(text: str) -> tuple[Step, ...] | None:
    match = _AMOUNT.fullmatch(text)
    if match is None:
        return None
    sign, number, unit = match[1] or "+", Decimal(match[2]), match[3].lower()
    if unit in _SECONDS:
        return _fixed(sign, number, unit)
    months = int(number)
    rest = (number - months) * (30 if unit == "month" else 365)
    made: tuple[Step, ...] = (Months(sign, _counted(Decimal(months), unit)),)
    if rest:
        more = _fixed(sign, rest, "day")
        return made + more if more is not None else None
    return made


def _fixed(sign: str, number: Decimal, unit: str) -> tuple[Step, ...] | None:
    milliseconds = number * _SECONDS[unit] * 1000
    if milliseconds != int(milliseconds):
        return None
    days = unit == "day" and number == int(number)
    return (Shift(sign, _counted(number, unit), days, whole=milliseconds % 1000 == 0),)


def _counted(number: Decimal, unit: str) -> str:
    text = f"{number.normalize():f}"
    return f"{text} {unit}" if number == 1 else f"{text} {unit}s"


def _clock(text: str) -> tuple[Step, ...] | None:
    match = _CLOCK.fullmatch(text)
    return (Shift(match[1] or "+", match[2], whole="." not in match[2]),) if match is not None else None


def _calendar(text: str) -> tuple[Step, ...] | None:
    """`+YYYY-MM-DD HH:MM`: years and months first, then days and the time of day."""
    match = _CALENDAR.fullmatch(text)
    if match is None or int(match[3]) > 11 or int(match[4]) > 30:
        return None
    sign, months, days = match[1], int(match[2]) * 12 + int(match[3]), int(match[4])
    made: list[Step] = [Months(sign, _counted(Decimal(months), "month"))] if months else []
    if days:
        made.append(Shift(sign, _counted(Decimal(days), "day"), days=True))
    if match[5]:
        made.append(Shift(sign, match[5], whole="." not in match[5]))
    return tuple(made) or (Shift(sign, "0 days", days=True),)
