"""Whether a value of SQLite fits a column of PostgreSQL: its bytes for COPY, or the kind of misfit that it is."""

from __future__ import annotations

import ipaddress
import json
import re
import struct
from collections.abc import Callable, Mapping
from typing import Final

from sqlport.data import moments, numeric
from sqlport.data.plan import Column, Value
from sqlport.data.wire import LARGEST, Kind, Wire

_FAMILIES: Final[Mapping[Kind, str]] = {
    **dict.fromkeys(("int2", "int4", "int8"), "integer"),
    **dict.fromkeys(("float4", "float8"), "real"),
    "text": "text",
    "bytea": "blob",
    "boolean": "boolean",
    "numeric": "numeric",
    **dict.fromkeys(("date", "timestamp", "timestamptz"), "date"),
    "time": "time",
    "interval": "interval",
    "uuid": "uuid",
    "inet": "inet",
    **dict.fromkeys(("json", "jsonb"), "json"),
}
_INTEGERS: Final[Mapping[Kind, struct.Struct]] = {
    "int2": struct.Struct(">h"),
    "int4": struct.Struct(">i"),
    "int8": struct.Struct(">q"),
}
_FLOAT4: Final = struct.Struct(">f")
_FLOAT8: Final = struct.Struct(">d")
_INT4: Final = struct.Struct(">i")
_INT8: Final = struct.Struct(">q")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


_IPV4: Final = 2
_IPV6: Final = 3


class UnfitError(ValueError):
    """The value does not fit. `kind` is one of the words that policies name (docs/data.md lists them)."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


def payload(value: Value, wire: Wire) -> bytes | bytearray | None:
    """The bytes of the value in a binary COPY, None for NULL. Raises UnfitError where it would not come back equal."""
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray)) and len(value) > LARGEST:
        raise UnfitError("too-large")
    return _PAYLOADS[wire.kind](value, wire)


def cell(column: Column) -> Callable[[Value], bytes]:
    """A function that gives the bytes of a cell, the length before them. It raises UnfitError."""
    wire, pack = column.wire, _PAYLOADS[column.wire.kind]

    def packed(value: Value) -> bytes:
        if value is None:
            return NULL
        found = pack(value, wire)
        return _INT4.pack(len(found)) + found

    return packed


NULL: Final = _INT4.pack(-1)


def storage(value: Value) -> str:
    """SQLite's storage class, and `empty` for a text without characters."""
    if isinstance(value, bytearray):
        return "text" if value else "empty"
    return {int: "integer", float: "real", bytes: "blob"}.get(type(value), "null")


def _wrong(value: Value, wire: Wire) -> UnfitError:
    return UnfitError(f"{storage(value)}-in-{_FAMILIES[wire.kind]}")


def _integer(value: Value, wire: Wire) -> bytes:
    if not isinstance(value, int):
        raise _wrong(value, wire)
    try:
        return _INTEGERS[wire.kind].pack(value)
    except struct.error:
        raise UnfitError("integer-too-large") from None


def _real(value: Value, wire: Wire) -> bytes:
    if not isinstance(value, (int, float)) or (isinstance(value, int) and int(float(value)) != value):
        raise _wrong(value, wire)
    if wire.kind == "float8":
        return _FLOAT8.pack(value)
    try:
        made = _FLOAT4.pack(value)
    except OverflowError:
        raise UnfitError("real-too-precise") from None
    if _FLOAT4.unpack(made)[0] != value:
        raise UnfitError("real-too-precise")
    return made


def _decoded(value: Value, wire: Wire) -> str:
    if not isinstance(value, bytearray):
        raise _wrong(value, wire)
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise UnfitError("invalid-utf8") from None
    if "\0" in text:
        raise UnfitError("nul-in-text")
    return text


def _text(value: Value, wire: Wire) -> bytearray:
    text = _decoded(value, wire)
    if wire.length is not None and len(text) > wire.length:
        raise UnfitError("too-long")
    if wire.labels and text not in wire.labels:
        raise UnfitError("not-in-enum")
    assert isinstance(value, bytearray)  # it could be decoded
    if wire.padded:
        if text.endswith(" "):
            raise UnfitError("blanks-at-end")
        return value + b" " * ((wire.length or 1) - len(text))
    return value


def _bytea(value: Value, wire: Wire) -> bytes:
    if not isinstance(value, bytes):
        raise _wrong(value, wire)
    return value


def _boolean(value: Value, wire: Wire) -> bytes:
    if isinstance(value, int) and value in (0, 1):
        return b"\1" if value else b"\0"
    raise _wrong(value, wire)


def _numeric(value: Value, wire: Wire) -> bytes:
    if not isinstance(value, (int, float)):
        raise _wrong(value, wire)
    try:
        made = numeric.pack(value, wire.scale)
    except ValueError:
        raise UnfitError("too-many-decimals") from None
    if wire.precision is not None and abs(value) >= 10 ** (wire.precision - (wire.scale or 0)):
        raise UnfitError("number-too-large")
    return made


def _date(value: Value, wire: Wire) -> bytes:
    if not isinstance(value, bytearray) or not value:
        raise _wrong(value, wire)
    try:
        if wire.kind == "date":
            return _INT4.pack(moments.days(bytes(value)))
        if wire.kind == "interval":
            return moments.interval(bytes(value))
        if wire.kind == "time":
            return _INT8.pack(moments.of_day(bytes(value)))
        return _INT8.pack(moments.microseconds(bytes(value), zoned=wire.kind == "timestamptz"))
    except (ValueError, OverflowError):
        raise _wrong(value, wire) from None


def _uuid(value: Value, wire: Wire) -> bytes:
    text = _decoded(value, wire) if value else ""
    if not _UUID.fullmatch(text):
        raise _wrong(value, wire)
    return bytes.fromhex(text.replace("-", ""))


def _inet(value: Value, wire: Wire) -> bytes:
    """https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/network.c (network_send)."""
    try:
        found = ipaddress.ip_interface(_decoded(value, wire) if value else "")
    except ValueError:
        raise _wrong(value, wire) from None
    family = _IPV4 if found.version == 4 else _IPV6
    return bytes((family, found.network.prefixlen, 0, len(found.packed))) + found.packed


def _json(value: Value, wire: Wire) -> bytes:
    text = _decoded(value, wire)
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise _wrong(value, wire) from None
    assert isinstance(value, bytearray)
    return b"\1" + value if wire.kind == "jsonb" else bytes(value)


def _no_constant(word: str) -> None:
    raise ValueError(word)  # NaN and Infinity are no JSON


_PAYLOADS: Final[Mapping[Kind, Callable[[Value, Wire], bytes | bytearray]]] = {
    **dict.fromkeys(("int2", "int4", "int8"), _integer),
    **dict.fromkeys(("float4", "float8"), _real),
    "text": _text,
    "bytea": _bytea,
    "boolean": _boolean,
    "numeric": _numeric,
    **dict.fromkeys(("date", "time", "timestamp", "timestamptz", "interval"), _date),
    "uuid": _uuid,
    "inet": _inet,
    **dict.fromkeys(("json", "jsonb"), _json),
}
