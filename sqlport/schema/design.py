"""The PostgreSQL design in Markdown: each decision with its reason, and the matrix that shows what became of what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlport.catalog.names import kept
from sqlport.catalog.types import column_choice, column_type
from sqlport.schema.compare import compare
from sqlport.schema.diagram import diagram
from sqlport.schema.document import grid, not_ported
from sqlport.schema.expected import expected_shape
from sqlport.schema.native import native
from sqlport.schema.shape import Shape, TableShape

if TYPE_CHECKING:
    from sqlport.catalog import Column, Table
    from sqlport.pricing import Change
    from sqlport.schema.confirm import Confirmed
    from sqlport.schema.evidence import Evidence
    from sqlport.schema.port import PortedSchema
    from sqlport.schema.source import Source

_PARTS = ("columns", "foreign keys", "unique", "checks", "indexes", "triggers")
_SHOWN = 6
_NAMED = 2
_OF_TYPES = ("DDL001", "DDL003", "DDL004", "DDL008", "ORD003")
"""Rules about a column's type or collation, which the table of the types tells once."""
_COLLATED = (
    'The {count} columns of text have `COLLATE "C"` (ORD003): a database\'s locale may sort by the rules of a language'
    " (`a`, `B`, `c`), SQLite sorts by code points (`B`, `a`, `c`)."
)
_PROFILES = {
    "faithful": "Rows come back from PostgreSQL as they did from SQLite: integers have 64 bits, dates and booleans"
    " stay what SQLite stored.",
    "native": "Columns get PostgreSQL's own types; programs have to read and write those.",
}


def design(
    source: Source,
    confirmed: Confirmed,
    actual: Shape,
    found: Sequence[Evidence] = (),
    prices: Mapping[str, Sequence[Change]] | None = None,
) -> str:
    """The document `postgres-schema-design.md`; `actual` is the schema as the throwaway server keeps it.

    `found` is what speaks for types of PostgreSQL's own, `prices` what each costs (None where no code was read).
    """
    schema = confirmed.schema
    tables = [table for table in schema.catalog if table.kind == "table" and not table.temporary]
    lines = [f"# PostgreSQL schema for {source.label}", "", f"Applied on {confirmed.server}.", ""]
    lines += ["## Profile", "", f"`{schema.target.profile}`. {_PROFILES[schema.target.profile]}", ""]
    lines += [
        "## Diagram",
        "",
        diagram(tables, lambda table, column: column_type(column, table.name, schema.target)),
        "",
    ]
    lines += ["## Types", "", *_types(tables, schema), ""]
    lines += ["## Tables", ""]
    for table in tables:
        lines += _table(table, schema, actual.tables.get(kept(table.name)))
    lines += ["## Decisions besides the types", "", *_decisions(schema), ""]
    if found:
        lines += ["## Types of PostgreSQL's own", "", *native(schema.target, found, prices), ""]
    if schema.not_ported:
        lines += ["## Not ported", "", *not_ported(schema), ""]
    expected = expected_shape(schema, actual)
    lines += ["## Comparison", "", *_matrix(expected, actual), ""]
    differences = compare(expected, actual)
    lines += [f"- {difference}" for difference in differences] or ["No differences."]
    return re.sub(r"\n{3,}", "\n\n", "\n".join([*lines, ""]))


def _types(tables: Sequence[Table], schema: PortedSchema) -> Iterator[str]:
    """Every declared type with what it becomes and why, the most frequent first."""
    counted: Counter[tuple[str, str, str]] = Counter()
    places: dict[tuple[str, str, str], list[str]] = {}
    for table in tables:
        for column in table.columns:
            type_, reason = _chosen(column, table, schema)
            found = (_declared(column), type_, reason)
            counted[found] += 1
            places.setdefault(found, []).append(f"{kept(table.name)}.{kept(column.name)}")
    rows = []
    for (declared, type_, reason), count in counted.most_common():
        columns = places[declared, type_, reason]
        rows.append([declared, type_, str(count) if count > _NAMED else ", ".join(columns), reason])
    yield from grid(["SQLite", "PostgreSQL", "columns", "why"], rows)
    choices = (column_choice(column, table.name, schema.target) for table in tables for column in table.columns)
    collated = sum(choice.collation == "C" for choice in choices)
    if collated:
        yield ""
        yield _COLLATED.format(count=collated)


def _chosen(column: Column, table: Table, schema: PortedSchema) -> tuple[str, str]:
    """The type of a column, and why it is that."""
    choice = column_choice(column, table.name, schema.target)
    seen = schema.observed.get(f"{table.name}.{column.name}")
    reason = (seen.reason if seen else choice.reason) or "both engines mean the same"
    return choice.type, reason + ("" if choice.certain else " (a guess: look at the values)")


def _declared(column: Column) -> str:
    collation = f" COLLATE {column.collation}" if column.collation != "BINARY" else ""
    return (" ".join(column.declared_type.upper().split()) or "none") + collation


def _table(table: Table, schema: PortedSchema, shape: TableShape | None) -> Iterator[str]:
    """The table as PostgreSQL keeps it, beside what SQLite declares."""
    yield from (f"### {kept(table.name)}", "")
    if shape is None:
        yield from ("It is not ported, see below.", "")
        return
    rows = []
    for column in table.columns:
        made = shape.column(kept(column.name))
        if made is None:
            rows.append([kept(column.name), _declared(column), "missing", "", ""])
            continue
        default = f"`{made.default}`" if made.default else "identity" if made.identity else ""
        default = f"generated as `{made.generated}`" if made.generated else default
        null = "not null" if made.not_null else ""
        rows.append([kept(column.name), _declared(column), made.type, null, default])
    yield from grid(["column", "SQLite", "PostgreSQL", "null", "default"], rows)
    yield ""
    lines = [f"- primary key ({', '.join(shape.primary_key)})"] if shape.primary_key else []
    lines += [f"- unique ({', '.join(key)})" for key in shape.unique]
    lines += [f"- foreign key {key}" for key in shape.foreign_keys]
    lines += [f"- check `{' '.join(check.split())}`" for check in shape.checks]
    lines += [f"- index {index.name}: {index}" for index in shape.indexes]
    lines += [f"- trigger {trigger.name}: {trigger}" for trigger in shape.triggers]
    if lines:
        yield from (*lines, "")


def _decisions(schema: PortedSchema) -> Iterator[str]:
    """Every change that was made besides types, with the places, and under what it is right."""
    where: dict[tuple[str, str], list[str]] = {}
    for definition in schema.definitions:
        for finding in definition.findings if definition.kind != "function" else ():
            if finding.applied and finding.code not in _OF_TYPES:
                condition = finding.fix.condition if finding.fix else ""
                said = f"{finding.message} (right where {condition})" if condition else finding.message
                places = where.setdefault((finding.code, said), [])
                if definition.name not in places:
                    places.append(definition.name)
    rows = [[_some(places), code, said] for (code, said), places in where.items()]
    yield from grid(["where", "rule", "what and why"], rows) if rows else ["None."]


def _some(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _matrix(expected: Shape, actual: Shape) -> Iterator[str]:
    """For each table what SQLite has and what PostgreSQL has."""
    names = [*expected.tables, *(name for name in actual.tables if name not in expected.tables)]
    rows = []
    for name in names:
        left, right = _counts(expected.tables.get(name)), _counts(actual.tables.get(name))
        cells = [one if one == other else f"{one} / {other} !" for one, other in zip(left, right, strict=True)]
        rows.append([name, *cells])
    yield from grid(["table", *_PARTS], rows)
    yield ""
    yield f"Views: {len(expected.views)} in SQLite, {len(actual.views)} in PostgreSQL. A `!` marks a difference."
    yield ""


def _counts(table: TableShape | None) -> list[str]:
    if table is None:
        return ["0"] * len(_PARTS)
    parts: Sequence[Sequence[object]] = (
        table.columns,
        table.foreign_keys,
        table.unique,
        table.checks,
        table.indexes,
        table.triggers,
    )
    return [str(len(part)) for part in parts]
