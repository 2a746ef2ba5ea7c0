"""Dates and times as SQLite programs store them (text, seconds, Julian days) in PostgreSQL's binary form."""

from __future__ import annotations

import re
import struct
from datetime import date, datetime, time, timedelta, timezone
from typing import Final

_DATE: Final = re.compile(rb"(\d{4})-(\d\d)-(\d\d)")
_MOMENT: Final = re.compile(
    rb"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?"
)
_TIME: Final = re.compile(rb"(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?")
_INTERVAL: Final = re.compile(rb"(?:([+-]?\d+) days?,? ?)?(?:([+-]?)(\d+):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)?")
_OF_INTERVAL: Final = struct.Struct(">qii")
_DAY: Final = 86_400_000_000
_LOOSE: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(.*)", re.DOTALL)
_EPOCH: Final = datetime(2000, 1, 1)
_EPOCH_DAY: Final = _EPOCH.toordinal()
_UNIX: Final = datetime(1970, 1, 1)
_JULIAN: Final = 2440587.5  # of 1970-01-01 00:00, https://www.sqlite.org/lang_datefunc.html
_MICROSECOND: Final = timedelta(microseconds=1)


def days(text: bytes) -> int:
    """Days since 2000-01-01 of `YYYY-MM-DD`. Raises ValueError for everything else."""
    match = _DATE.fullmatch(text)
    if match is None:
        raise ValueError("no date")
    return date(int(match[1]), int(match[2]), int(match[3])).toordinal() - _EPOCH_DAY


def microseconds(text: bytes, *, zoned: bool) -> int:
    """Microseconds since 2000-01-01 of a date with or without time.

    With `zoned` a time without offset is UTC, as SQLite takes it; without, an offset has no place and raises
    ValueError.
    """
    match = _MOMENT.fullmatch(text)
    if match is None:
        raise ValueError("no date and time")
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    moment = datetime(year, month, day, hour, minute, second, int((match[7] or b"0").ljust(6, b"0")))
    if match[8]:
        if not zoned:
            raise ValueError("a time with an offset")
        moment = (moment.replace(tzinfo=_zone(match[8].decode()))).astimezone(timezone.utc).replace(tzinfo=None)
    return (moment - _EPOCH) // _MICROSECOND


def _zone(text: str) -> timezone:
    if text == "Z":
        return timezone.utc
    sign = -1 if text[0] == "-" else 1
    digits = text[1:].replace(":", "")
    return timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0)))


def of_day(text: bytes) -> int:
    """Microseconds since midnight of `HH:MM[:SS[.ffffff]]`. Raises ValueError for everything else."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("no time")
    hour, minute, second = (int(part or 0) for part in match.groups()[:3])
    moment = time(hour, minute, second, int((match[4] or b"0").ljust(6, b"0")))
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * 1_000_000 + moment.microsecond


def interval(text: bytes) -> bytes:
    """PostgreSQL's bytes of `[N days] [-]H:MM[:SS[.ffffff]]`. Raises ValueError for everything else."""
    match = _INTERVAL.fullmatch(text)
    if match is None or not text:
        raise ValueError("no interval")
    hours, minutes, seconds = (int(part or 0) for part in match.groups()[2:5])
    number = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + int((match[6] or b"0").ljust(6, b"0"))
    try:
        return _OF_INTERVAL.pack(-number if match[2] == b"-" else number, int(match[1] or 0), 0)
    except struct.error:
        raise ValueError("too long") from None


def as_interval(number: int) -> str:
    """So many microseconds as whole days and the rest of a day, as Python's timedelta counts."""
    whole, rest = divmod(number, _DAY)
    return f"{whole} days {iso_time(rest)}"


def iso_interval(cell: bytes) -> str:
    """The text of PostgreSQL's bytes, with months where there are any."""
    number, whole, months = _OF_INTERVAL.unpack(cell)
    minutes, rest = divmod(abs(number), 60_000_000)
    sign = "-" if number < 0 else ""
    text = f"{sign}{minutes // 60:02}:{minutes % 60:02}:{rest // 1_000_000:02}.{rest % 1_000_000:06}"
    parts = (f"{months} mons" if months else "", f"{whole} days" if whole else "", text)
    return " ".join(part for part in parts if part)


def of_interval(cell: bytes) -> int | None:
    """How many microseconds it is, its days of 24 hours; None where it has months."""
    number, whole, months = _OF_INTERVAL.unpack(cell)
    return None if months else int(number + whole * _DAY)


def from_seconds(number: float) -> datetime:
    """The moment so many seconds after 1970. Raises OverflowError beyond the years 1 to 9999."""
    return _UNIX + timedelta(microseconds=round(number * 1_000_000))


def from_julian(number: float) -> datetime:
    """The moment of a Julian day, to the millisecond as SQLite computes it. Raises OverflowError as above."""
    return _UNIX + timedelta(milliseconds=round((number - _JULIAN) * 86_400_000))


def loosely(text: str) -> bytes:
    """A date in another order of writing (`2024/1/2`, a lower-case `t` or `z`, blanks around) in ISO form.

    Raises ValueError where that cannot be told.
    """
    match = _LOOSE.fullmatch(text.strip())
    if match is None:
        raise ValueError("no date")
    rest = match[4].strip().upper()
    rest = rest.removeprefix("T").strip()
    if re.match(r"\d:", rest):
        rest = "0" + rest
    made = f"{match[1]}-{int(match[2]):02d}-{int(match[3]):02d}"
    return (f"{made} {rest}" if rest else made).encode()


def iso_date(number: int) -> str:
    """The date so many days after 2000-01-01, as ISO text. Raises OverflowError outside years 1 to 9999."""
    return date.fromordinal(number + _EPOCH_DAY).isoformat()


def iso_moment(number: int, *, zoned: bool) -> str:
    """The moment so many microseconds after 2000-01-01, in SQLite's form; with `zoned` in UTC with its offset."""
    text = (_EPOCH + timedelta(microseconds=number)).isoformat(" ")
    return f"{text}+00:00" if zoned else text


def form(text: bytes) -> str:
    """What stands between date and time of a text, and the zone behind them; empty for what is no date and time."""
    match = _MOMENT.fullmatch(text)
    if match is None or match[4] is None:
        return ""
    zone = (match[8] or b"").decode()
    return chr(text[10]) + (zone if zone in ("", "Z") else "+00:00")


def formed(text: str, written: str) -> str:
    """A text of `iso_moment` (in UTC) as `form` tells to write it."""
    day, _, rest = text.partition(" ")
    return f"{day}{written[0]}{rest.removesuffix('+00:00')}{written[1:]}"


def iso_time(number: int) -> str:
    """The time of day so many microseconds after midnight."""
    return (_EPOCH + timedelta(microseconds=number)).time().isoformat()


def binary(moment: datetime) -> int:
    """Microseconds since 2000-01-01."""
    return (moment - _EPOCH) // _MICROSECOND
