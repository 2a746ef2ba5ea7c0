"""PostgreSQL's types as binary COPY writes them: which of them rows can be written to, and how many bytes they take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from typing import Literal as OneOf

from sqlport.model import SqlportError

Kind = OneOf[
    "int2",
    "int4",
    "int8",
    "float4",
    "float8",
    "text",
    "bytea",
    "boolean",
    "numeric",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "interval",
    "uuid",
    "inet",
    "json",
    "jsonb",
]

SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
"""What a binary COPY begins with: https://www.postgresql.org/docs/current/sql-copy.html#id-1.9.3.55.9.4."""
TRAILER: Final = b"\xff\xff"
"""What it ends with."""

LARGEST: Final = 1_000_000_000
"""Bytes of one value that PostgreSQL takes; its limit of 1 GB counts the whole message."""

_KINDS: Final[Mapping[str, Kind]] = {
    "smallint": "int2",
    "integer": "int4",
    "bigint": "int8",
    "real": "float4",
    "double precision": "float8",
    "text": "text",
    "citext": "text",
    "name": "text",
    "character varying": "text",
    "character": "text",
    "bytea": "bytea",
    "boolean": "boolean",
    "numeric": "numeric",
    "date": "date",
    "time without time zone": "time",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "interval": "interval",
    "uuid": "uuid",
    "inet": "inet",
    "json": "json",
    "jsonb": "jsonb",
}
_TYPE: Final = re.compile(r"([a-z_]+(?: [a-z]+)*?)(?:\((\d+)(?:,\s*(-?\d+))?\))?((?: [a-z]+)*)")
_OTHER_NAMES: Final[Mapping[str, str]] = {
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "bool": "boolean",
    "decimal": "numeric",
    "varchar": "character varying",
    "char": "character",
    "bpchar": "character",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "time": "time without time zone",
}


@dataclass(frozen=True, slots=True)
class Wire:
    """A type on the wire. `length` is the most characters of a text, `scale` the decimals of a numeric.

    `padded` texts (`character(n)`) are filled with blanks up to their length by PostgreSQL, which mean nothing.
    `labels` are the texts that an enum has.
    """

    kind: Kind
    name: str
    length: int | None = None
    precision: int | None = None
    scale: int | None = None
    padded: bool = False
    labels: tuple[str, ...] = ()

    @property
    def any_text(self) -> bool:
        """Whether it takes every text."""
        return self.kind == "text" and self.length is None and not self.labels


def wire(type_name: str) -> Wire | None:
    """The type that DDL or `format_type` names so; None for one that rows cannot be written to."""
    text = " ".join(type_name.lower().split())
    match = _TYPE.fullmatch(text.rpartition(".")[2].strip('"') if '"' in text or "." in text else text)
    if match is None:
        return None
    first, second = (int(match[place]) if match[place] else None for place in (2, 3))
    base = f"{match[1]}{match[4]}"
    base = _OTHER_NAMES.get(base, base)
    kind = _KINDS.get(base)
    if kind is None:
        return None
    if kind == "numeric":
        return Wire(kind, text, precision=first, scale=(second or 0) if first is not None else None)
    length = first if kind == "text" else None
    padded = base == "character"
    return Wire(kind, text, 1 if padded and length is None else length, padded=padded)


def required(type_name: str, column: str) -> Wire:
    """As `wire`; SqlportError for a type that rows cannot be written to."""
    found = wire(type_name)
    if found is None:
        raise SqlportError(
            f"{column}: rows cannot be written to the type {type_name}; leave it out with --skip {column}"
        )
    return found
