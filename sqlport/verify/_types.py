"""The type that psycopg 3 sends for a Python value, which decides what PostgreSQL resolves a statement to."""

from __future__ import annotations

from collections.abc import Sequence

#: Left for PostgreSQL to infer; what psycopg sends for str and None, and what stands for a type nobody knows.
UNKNOWN = 0

INT2, INT4, INT8 = 21, 23, 20

#: OIDs of `pg_type` (fixed by the server's catalog) by the name of the Python type, as psycopg 3 dumps them
#: (https://www.psycopg.org/psycopg3/docs/basic/adapt.html). `int` is not here: psycopg chooses by the value.
_OIDS = {
    "bool": 16,
    "bytes": 17,
    "bytearray": 17,
    "memoryview": 17,
    "float": 701,
    "Decimal": 1700,
    "date": 1082,
    "time": 1083,
    "datetime": 1114,
    "timedelta": 1186,
    "UUID": 2950,
    # What sqlx sends for Rust's (https://docs.rs/sqlx/latest/sqlx/postgres/types/).
    "i64": INT8,
    "String": 25,
}


def signatures(types: Sequence[str | None]) -> list[tuple[int, ...]]:
    """The parameter types to ask with: one tuple of OIDs, or three (int2, int4, int8) where an int takes part."""
    widths = (INT2, INT4, INT8) if "int" in types else (INT4,)
    return [tuple(width if name == "int" else _OIDS.get(name or "", UNKNOWN) for name in types) for width in widths]
