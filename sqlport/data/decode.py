"""PostgreSQL's binary values as SQLite stores them: the way back of `convert`."""

from __future__ import annotations

import ipaddress
import struct
from collections.abc import Callable, Mapping
from typing import Final

from sqlport.data import moments, numeric
from sqlport.data.wire import Kind, Wire

Stored = int | float | str | bytes | None
"""A value that sqlite3 takes as a parameter."""

_INT2, _INT4, _INT8 = struct.Struct(">h"), struct.Struct(">i"), struct.Struct(">q")
_FLOAT4, _FLOAT8 = struct.Struct(">f"), struct.Struct(">d")
_MOST: Final = 2**63 - 1


def value_of(cell: bytes | None, wire: Wire) -> Stored:
    """The value of a cell. Raises struct.error and UnicodeDecodeError for bytes that are not of the type."""
    if cell is None:
        return None
    return _VALUES[wire.kind](cell.rstrip(b" ") if wire.padded else cell)


def _number(cell: bytes) -> Stored:
    number = numeric.unpack(cell)
    if number.is_finite() and number == number.to_integral_value() and abs(number) <= _MOST:
        return int(number)
    return float(number)


def _date(cell: bytes) -> Stored:
    return moments.iso_date(_INT4.unpack(cell)[0])


def _uuid(cell: bytes) -> Stored:
    digits = cell.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _inet(cell: bytes) -> Stored:
    found = ipaddress.ip_interface((cell[4:], cell[1]))
    whole = cell[1] == 8 * len(cell[4:])
    return str(found.ip if whole else found)


_VALUES: Final[Mapping[Kind, Callable[[bytes], Stored]]] = {
    "int2": lambda cell: int(_INT2.unpack(cell)[0]),
    "int4": lambda cell: int(_INT4.unpack(cell)[0]),
    "int8": lambda cell: int(_INT8.unpack(cell)[0]),
    "float4": lambda cell: float(_FLOAT4.unpack(cell)[0]),
    "float8": lambda cell: float(_FLOAT8.unpack(cell)[0]),
    "text": lambda cell: cell.decode(),
    "bytea": lambda cell: cell,
    "boolean": lambda cell: int(cell != b"\0"),
    "numeric": _number,
    "date": _date,
    "time": lambda cell: moments.iso_time(_INT8.unpack(cell)[0]),
    "timestamp": lambda cell: moments.iso_moment(_INT8.unpack(cell)[0], zoned=False),
    "timestamptz": lambda cell: moments.iso_moment(_INT8.unpack(cell)[0], zoned=True),
    "interval": moments.iso_interval,
    "uuid": _uuid,
    "inet": _inet,
    "json": lambda cell: cell.decode(),
    "jsonb": lambda cell: cell[1:].decode(),
}
