"""Which columns could have a type of PostgreSQL's own, and whether the values in the file agree."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlport.catalog.names import quoted
from sqlport.catalog.types import column_type, counts_seconds, native_type

if TYPE_CHECKING:
    from sqlport.catalog import Column, Table
    from sqlport.model import Target
    from sqlport.schema.source import Source

_BOOLEAN_NAME = re.compile(r"(?i)(?:is|has|can|should|allows?|use|enable|disable)_\w+|\w*_(?:enabled|disabled|flag)")
_TIME_NAME = re.compile(r"(?i)\w*_(?:at|on|date|time|timestamp)|(?:created|updated|modified|deleted|date|timestamp)")
_JSON_NAME = re.compile(r"(?i)(?:\w*_)?(?:json|payload|metadata)")
_NOW = re.compile(r"(?i)current_(?:timestamp|date)|\b(?:datetime|date|strftime)\s*\(")
_ISO = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_HEX = "[0-9a-f]"
_UUID = "-".join(_HEX * count for count in (8, 4, 4, 4, 12))
_ZONED = "(x GLOB '*[Zz]' OR x GLOB '*[+-][0-9][0-9]:[0-9][0-9]')"
_TESTS = {
    "boolean": ("typeof(x) = 'integer' AND x IN (0, 1)", "are 0 or 1"),
    "date": (f"typeof(x) = 'text' AND x GLOB '{_ISO}' AND date(x) = x", "are dates as YYYY-MM-DD"),
    "timestamptz": (f"typeof(x) = 'text' AND x GLOB '{_ISO}*' AND datetime(x) IS NOT NULL", "parse as ISO-8601"),
    "time": ("typeof(x) = 'text' AND x GLOB '[0-9][0-9]:[0-9][0-9]*' AND time(x) IS NOT NULL", "are times"),
    "jsonb": ("typeof(x) = 'text' AND json_valid(x)", "are JSON documents"),
    "uuid": (f"typeof(x) = 'text' AND lower(x) GLOB '{_UUID}'", "are UUIDs"),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A type of PostgreSQL's own for a column, and how many of its values are such.

    `values` counts those that are not NULL, `fitting` those that the type takes as they are meant, `words` says
    what they are, `misfit` is one that is not (SQL text).
    """

    table: str
    column: str
    declared: str
    now: str
    type: str
    values: int = 0
    fitting: int = 0
    words: str = ""
    misfit: str = ""

    @property
    def key(self) -> str:
        """Its name in `[tool.sqlport.types]`."""
        return f"{self.table}.{self.column}"

    @property
    def holds(self) -> bool:
        """Whether there are values, and all of them agree."""
        return 0 < self.values == self.fitting

    def __str__(self) -> str:
        if not self.values:
            return "it has no values: only its declaration and name speak for it"
        if self.holds:
            return f"all {self.values:,} values {self.words}"
        return f"{self.values - self.fitting:,} of {self.values:,} values do not fit, for example {self.misfit}"


def evidence(source: Source, target: Target) -> tuple[Evidence, ...]:
    """What speaks for and against types of PostgreSQL's own, in the order of the columns.

    A database is asked for its values; of migrations and code only declarations, names, defaults and checks
    are known. Raises SqlportError for a file that cannot be read.
    """
    faithful = _faithful(target)
    asked = [
        Evidence(table.name, column.name, column.declared_type, column_type(column, table.name, faithful), type_)
        for table in source.catalog
        if table.kind == "table" and not table.temporary
        for column in table.columns
        if not column.rowid_alias
        for type_ in _candidate(table, column, from_values=source.path is not None)
    ]
    if source.path is None:
        return tuple(asked)
    from sqlport.engines.sqlite import open_readonly

    with closing(open_readonly(source.path)) as connection:
        return tuple(found for each in asked for found in _seen(connection, each))


def _faithful(target: Target) -> Target:
    from dataclasses import replace

    return replace(target, profile="faithful", types={})


def _candidate(table: Table, column: Column, *, from_values: bool) -> Iterator[str]:
    """The type that is worth a look; `content` where only the values can tell."""
    declared = native_type(column.declared_type)
    if declared and counts_seconds(column.declared_type, column.default):
        return  # integers in both profiles
    name = re.escape(column.name)
    checks = " ".join(table.checks)
    if declared:
        yield declared
    elif column.affinity == "INTEGER":
        checked = re.search(rf'(?i)["`\[]?\b{name}\b["`\]]?\s+IN\s*\(\s*[01]\s*,\s*[01]\s*\)', checks)
        if checked or _BOOLEAN_NAME.fullmatch(column.name):
            yield "boolean"
    elif column.affinity == "TEXT":
        if _NOW.search(column.default or "") or _TIME_NAME.fullmatch(column.name):
            yield "timestamptz"
        elif re.search(rf'(?i)json_valid\s*\(\s*["`\[]?{name}\b', checks) or _JSON_NAME.fullmatch(column.name):
            yield "jsonb"
        elif from_values:
            yield "content"


def _seen(connection: sqlite3.Connection, asked: Evidence) -> Iterator[Evidence]:
    """The evidence of the values; nothing where a name alone spoke for a type and no value does."""
    type_ = asked.type
    if type_ == "content":
        first = _count(connection, asked, "uuid", limit=20)
        if first.holds:
            found = _count(connection, asked, "uuid")
            if found.holds:
                yield found
        return
    found = _count(connection, asked, type_)
    if type_ == "timestamptz" and found.holds:
        days = _count(connection, asked, "date")
        found = days if days.holds else found
    if found.fitting or not found.values or native_type(asked.declared):
        yield found


def _count(connection: sqlite3.Connection, asked: Evidence, type_: str, limit: int = 0) -> Evidence:
    from dataclasses import replace

    test, words = _test(type_)
    rows = f"SELECT {quoted(asked.column)} AS x FROM {quoted(asked.table)} WHERE {quoted(asked.column)} IS NOT NULL"
    rows += f" LIMIT {limit}" if limit else ""
    zoned = _ZONED if type_ == "timestamptz" else "0"
    values, fitting, zones, misfit = connection.execute(
        f"SELECT count(*), count(CASE WHEN {test} THEN 1 END), count(CASE WHEN ({test}) AND {zoned} THEN 1 END),"
        f" min(CASE WHEN ({test}) THEN NULL ELSE quote(x) END) FROM ({rows})"
    ).fetchone()
    if type_ == "timestamptz":
        words += " with a zone" if zones == values else " without a zone, which is UTC" if not zones else ""
        words += f" ({zones:,} with a zone, the others are UTC)" if 0 < zones < values else ""
    shown = " ".join((misfit or "").split())
    return replace(asked, type=type_, values=values, fitting=fitting, words=words, misfit=shown[:40])


def _test(type_: str) -> tuple[str, str]:
    if type_ in _TESTS:
        return _TESTS[type_]
    exact = re.fullmatch(r"numeric\((\d+)(?:,\s*(\d+))?\)", type_)
    if exact:
        digits, scale = int(exact[1]), int(exact[2] or 0)
        test = f"typeof(x) IN ('integer', 'real') AND round(x, {scale}) = x AND abs(x) < 1e{digits - scale}"
        return test, f"have at most {scale} decimals and {digits} digits"
    return ("typeof(x) IN ('integer', 'real')", "are numbers") if type_ == "numeric" else ("1", "are taken")
