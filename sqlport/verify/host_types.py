"""Types that the program declares for what PostgreSQL returns or takes, where the driver would refuse them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlport.model import Reading, Verdict

# What sqlx reads each Rust type from (https://docs.rs/sqlx/latest/sqlx/postgres/types/index.html).
_TEXT = frozenset(["text", "character varying", "character", "name", "citext", "unknown", '"char"'])
_READ_FROM: dict[str, frozenset[str]] = {
    "bool": frozenset(["boolean"]),
    "i8": frozenset(['"char"']),
    "i16": frozenset(["smallint"]),
    "i32": frozenset(["integer"]),
    "i64": frozenset(["bigint"]),
    "u32": frozenset(["oid"]),
    "f32": frozenset(["real"]),
    "f64": frozenset(["double precision"]),
    "str": _TEXT,
    "String": _TEXT,
    "bytes": frozenset(["bytea"]),
    "Uuid": frozenset(["uuid"]),
    "NaiveDateTime": frozenset(["timestamp without time zone"]),
    "PrimitiveDateTime": frozenset(["timestamp without time zone"]),
    "DateTime<Utc>": frozenset(["timestamp with time zone"]),
    "OffsetDateTime": frozenset(["timestamp with time zone"]),
    "NaiveDate": frozenset(["date"]),
    "NaiveTime": frozenset(["time without time zone"]),
    "Decimal": frozenset(["numeric"]),
    "BigDecimal": frozenset(["numeric"]),
    "Value": frozenset(["json", "jsonb"]),
}
_NEVER = frozenset(["u8", "u16", "u64", "usize", "isize", "i128", "u128"])
_RUST_OF = {
    "boolean": "bool",
    "smallint": "i16",
    "integer": "i32",
    "bigint": "i64",
    "real": "f32",
    "double precision": "f64",
    "bytea": "Vec<u8>",
    "numeric": "a decimal type (`rust_decimal::Decimal`)",
    "uuid": "Uuid",
    "date": "NaiveDate",
    "json": "serde_json::Value",
    "jsonb": "serde_json::Value",
    "timestamp with time zone": "DateTime<Utc>",
    "timestamp without time zone": "NaiveDateTime",
    **dict.fromkeys(_TEXT, "String"),
}
_MODIFIER = re.compile(r"\(\s*\d+(?:\s*,\s*-?\d+)?\s*\)")


# What `query_as!` converts with `Into`, where the field is no Option.
_WIDENED = {
    "i64": frozenset(["smallint", "integer", "boolean"]),
    "i32": frozenset(["smallint", "boolean"]),
    "i16": frozenset(["boolean"]),
    "f64": frozenset(["real", "smallint", "integer"]),
    "f32": frozenset(["smallint"]),
    "bytes": _TEXT,
    "Value": _TEXT,
}
_NULL = re.compile(r"(?i)\bNULL(?:\s*::\s*\w+)?\s+(?:AS\s+)?\"?(?P<label>[\w]+)")


def wrong_readings(sql: str, reads: Sequence[Reading], verdict: Verdict) -> Iterator[tuple[Reading, str, str]]:
    """The declared columns that sqlx cannot read, each with its label and what to say about it.

    A column that the statement does not return, and a type that is not known here (an enum of the program, a
    newtype), say nothing; neither does a NULL that is written in the SQL, whose type sqlx does not look at.
    """
    nothing = {match["label"] for match in _NULL.finditer(sql)}
    by_label = {_plain_label(column.label): column for column in verdict.columns}
    exact = {column.label: column for column in verdict.columns}
    for reading in reads:
        if isinstance(reading.column, int):
            column = verdict.columns[reading.column] if reading.column < len(verdict.columns) else None
        else:
            column = exact.get(reading.column) or by_label.get(reading.column)
        if column is None or _plain_label(column.label) in nothing:
            continue
        if reading.converts and _base(column.type) in _WIDENED.get(_plain(reading.type, options=False), ()):
            continue
        said = _wrong(reading.type, column.type)
        if said:
            label = _plain_label(column.label) or f"column {verdict.columns.index(column) + 1}"
            yield (
                reading,
                column.label,
                f"`{label}` is {_base(column.type)} on PostgreSQL and the program reads it as {_shown(reading.type)}"
                f" ({reading.path}:{reading.line}), which sqlx refuses at run time; {said}",
            )


def wrong_passings(passes: Sequence[Reading], verdict: Verdict) -> Iterator[tuple[Reading, str]]:
    """The parameters whose declared type is not the one that PostgreSQL wants there."""
    for reading in passes:
        if not isinstance(reading.column, int) or reading.column >= len(verdict.parameters):
            continue
        wanted = verdict.parameters[reading.column]
        if _wrong(reading.type, wanted):
            rust = _RUST_OF.get(_base(wanted), _base(wanted))
            yield (
                reading,
                f"parameter {reading.column + 1} is {_base(wanted)} on PostgreSQL and the program passes"
                f" {_shown(reading.type)}, which does not compile; pass {rust}, or cast it in the SQL",
            )


def _wrong(declared: str, actual: str) -> str:
    """What to do where a Rust type is not read from a PostgreSQL type; empty where it is, or may be."""
    rust, wanted = _plain(declared), _base(actual)
    if rust in _NEVER:
        return "PostgreSQL's drivers know no such type: declare i64"
    possible = _READ_FROM.get(rust)
    if possible is None or wanted in possible or wanted not in _RUST_OF:
        return ""
    cast = sorted(possible - {"unknown", "name", '"char"', "character", "citext", "character varying"})[0:1]
    casting = f"write `CAST(... AS {cast[0]})`" if cast else "cast it in the SQL"
    column = "" if wanted != "bigint" else "; where it is a column, `types` in [tool.sqlport] can give it another type"
    return f"{casting}, or declare {_RUST_OF[wanted]}{column}"


def _plain(declared: str, *, options: bool = True) -> str:
    """The type without references, lifetimes and path, and without `Option` where `options` do not count."""
    text = re.sub(r"\s+", "", re.sub(r"&\s*(?:'\w+\s*)?(?:mut\s+)?", "", declared))
    while options and (inner := re.fullmatch(r"(?:\w+::)*(?:Option|Box|Arc|Cow)<(?:'\w+,)?(.*)>", text)) is not None:
        text = inner[1]
    if re.fullmatch(r"Vec<u8>|\[u8(?:;\w+)?\]|(?:bytes::)?Bytes", text):
        return "bytes"
    text = re.sub(r"(?:\w+::)+(?=\w)", "", text)
    return "DateTime<Utc>" if re.fullmatch(r"DateTime<\w+>", text) else text


def _shown(declared: str) -> str:
    return re.sub(r"\s+", " ", declared)


def _base(actual: str) -> str:
    return _MODIFIER.sub("", actual)


def _plain_label(label: str) -> str:
    """A label without what sqlx reads behind it: `count!: i64` → `count`."""
    return re.split(r"[!?:]", label, maxsplit=1)[0].strip()
