"""DDL005: defaults that SQLite stores whatever the type of the column."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import chosen_type, defined_columns
from sqlport.model import Applicability
from sqlport.sql import replace
from sqlport.sql.ddl import unquoted

_NUMBERS = frozenset(["bigint", "integer", "smallint", "double precision", "real", "numeric"])
_KEYWORDS = frozenset(["NULL", "TRUE", "FALSE", "CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME"])
_NUMBER = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*")
_INTEGER = re.compile(r"\s*[+-]?\d+\s*")
_NUMERIC_DEFAULT = re.compile(r"(?i)[\s(]*(?:[+-]?\s*\.?\d|(?:unixepoch|julianday)\s*\(|strftime\s*\(\s*'%[sJYjfHMS]')")
_AS_NUMBER = (
    "SQLite stores this default as a number, and {column} is text in PostgreSQL, so programs get another type;"
    " declare the column INTEGER or REAL"
)
_BOOLEANS = {"0": "FALSE", "1": "TRUE"}
_MEANT = {"false": "0", "true": "1"}
_READ = "what reads the column takes {value!r} for a boolean"
_DATES = ("date", "time")


def find(context: Context) -> Iterator[Proposal]:
    """A bare word as a default (a string for SQLite), and numbers and strings that the column's type does not take."""
    for table, column in defined_columns(context):
        default = column.first("default")
        if default is None or default.expression is None:
            continue
        text = default.expression.of(context.parsed.text)
        kind = chosen_type(context, table, column).type
        if kind == "boolean" and text in _BOOLEANS:
            yield Proposal(default.expression, (replace(default.expression, _BOOLEANS[text]),))
        if kind == "text" and _is_numeric(context, table, column.name.text) and _NUMERIC_DEFAULT.match(text):
            yield Proposal(default.expression, message=_AS_NUMBER.format(column=column.name.text))
        if default.enclosed:
            continue
        is_word = bool(re.fullmatch(r"[^\W\d]\w*", text))
        if is_word and text.upper() in _KEYWORDS:
            continue
        value = unquoted(text) if text[:1] == "'" else text
        is_string = is_word or text[:1] == "'"
        if is_string and not _takes(kind, value):
            message = f"{kind} takes no {value!r}, which SQLite stores there as text; give the default that is meant"
            meant = _MEANT.get(value.lower()) if kind in _NUMBERS else None
            if meant is None:
                yield Proposal(default.expression, message=message)
            else:
                new = (replace(default.expression, meant),)
                yield Proposal(default.expression, new, Applicability.UNSAFE, message, _READ.format(value=value))
        elif is_word:
            yield Proposal(default.expression, (replace(default.expression, f"'{text}'"),))


def _is_numeric(context: Context, table: str, name: str) -> bool:
    """Whether SQLite makes numbers of what is stored in the column, if it can."""
    found = context.catalog.table(table)
    column = found.column(name) if found is not None else None
    return column is not None and column.affinity == "NUMERIC"


def _takes(kind: str, value: str) -> bool:
    """Whether PostgreSQL reads the string as a value of the type."""
    base = kind.partition("(")[0]
    if base in ("bigint", "integer", "smallint"):
        return _INTEGER.fullmatch(value) is not None
    if base in _NUMBERS:
        return _NUMBER.fullmatch(value) is not None
    if base.startswith(_DATES):
        return bool(value.strip()) and not value.startswith("0000")
    return True
