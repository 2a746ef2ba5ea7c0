"""SQLite's time values written as literals, read as SQLite reads them: https://www.sqlite.org/lang_datefunc.html#tmval"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

_EPOCH = datetime(1970, 1, 1)
_JULIAN_EPOCH_MS = 210866760000000  # 1970-01-01 in milliseconds since the beginning of the Julian days
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d(?:\.\d+)?))?"
_ZONE = r"\s*(?:(?P<zone>[+-]\d\d:\d\d)|(?P<utc>[Zz]))?\s*"
_DATE = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)(?:[\sT]*{_CLOCK}{_ZONE}|[\sT]*)", re.ASCII)
_TIME = re.compile(_CLOCK + _ZONE, re.ASCII)


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment in UTC that is known when the statement is ported, to the millisecond.

    `has_clock` tells that a time of day was written, `is_utc` that it was written with an offset or as a number.
    """

    at: datetime
    has_clock: bool = True
    is_utc: bool = False

    @property
    def whole(self) -> bool:
        """Whether it has no fraction of a second."""
        return self.at.microsecond == 0

    def __str__(self) -> str:
        """As PostgreSQL and SQLite write it: `2024-01-31`, `2024-01-31 08:30:00.250`."""
        if not self.has_clock:
            return self.at.strftime("%Y-%m-%d").rjust(10, "0")
        text = f"{self.at.year:04d}-{self.at:%m-%d %H:%M:%S}"
        return text if self.whole else f"{text}.{self.at.microsecond // 1000:03d}"


def from_text(text: str) -> Instant | None:
    """The moment that a text stands for; None where SQLite gives NULL, or where it is before the year 1."""
    match = _DATE.fullmatch(text)
    if match is not None:
        return _dated(match)
    match = _TIME.fullmatch(text)
    return _clocked(match, datetime(2000, 1, 1)) if match is not None else None


def from_julian_day(number: str) -> Instant | None:
    """The moment of a Julian day number; None outside the years 1 to 9999."""
    return _from_milliseconds(int(float(number) * 86400000.0 + 0.5) - _JULIAN_EPOCH_MS)


def _from_milliseconds(since_epoch: int) -> Instant | None:
    try:
        return Instant(_EPOCH + timedelta(milliseconds=since_epoch), is_utc=True)
    except OverflowError:
        return None


def _dated(match: re.Match[str]) -> Instant | None:
    year, month, day = int(match["year"]), int(match["month"]), int(match["day"])
    try:
        start = datetime(year, month, day)
    except ValueError:  # February 30: its result depends on the version of SQLite
        return None
    return _clocked(match, start) if match["hour"] is not None else Instant(start, has_clock=False)


def _clocked(match: re.Match[str], day: datetime) -> Instant | None:
    hour, minute = int(match["hour"]), int(match["minute"])
    second = Decimal(match["second"] or 0)
    if hour > 24 or minute > 59 or second >= 60:
        return None
    rounded = second.quantize(Decimal("0.001"), ROUND_HALF_UP)
    if rounded >= 60:
        return None  # SQLite shows 59 or 60 seconds here, by the function that shows it
    shift = timedelta(hours=hour, minutes=minute, milliseconds=int(rounded * 1000))
    zone = match["zone"]
    if zone is not None:
        if int(zone[1:3]) > 14 or int(zone[4:]) > 59:
            return None
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
        shift += offset if zone[0] == "-" else -offset
    try:
        return Instant(day + shift, is_utc=bool(zone or match["utc"]))
    except OverflowError:
        return None
