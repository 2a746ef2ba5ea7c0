"""The PostgreSQL design in Markdown: each decision with its reason, and the matrix that shows what became of what."""

from __future__ import annotations

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
    from sqlport.catalog import Table
    from sqlport.pricing import Change
    from sqlport.schema.confirm import Confirmed
    from sqlport.schema.evidence import Evidence
    from sqlport.schema.port import PortedSchema
    from sqlport.schema.source import Source

_PARTS = ("columns", "foreign keys", "unique", "checks", "indexes", "triggers")
_SHOWN = 6
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
    lines += ["## Tables", ""]
    for table in tables:
        lines += _table(table, schema)
    lines += ["## Decisions", "", *_decisions(schema), ""]
    if found:
        lines += ["## Types of PostgreSQL's own", "", *native(schema.target, found, prices), ""]
    if schema.not_ported:
        lines += ["## Not ported", "", *not_ported(schema), ""]
    expected = expected_shape(schema, actual)
    lines += ["## Comparison", "", *_matrix(expected, actual), ""]
    differences = compare(expected, actual)
    lines += [f"- {difference}" for difference in differences] or ["No differences."]
    return "\n".join([*lines, ""])


def _table(table: Table, schema: PortedSchema) -> Iterator[str]:
    yield from (f"### {kept(table.name)}", "")
    rows = []
    for column in table.columns:
        choice = column_choice(column, table.name, schema.target)
        seen = schema.observed.get(f"{table.name}.{column.name}")
        reason = (seen.reason if seen else choice.reason) or "both engines mean the same"
        reason += "" if choice.certain else " (a guess: look at the values)"
        rows.append([kept(column.name), column.declared_type or "none", choice.type, reason])
    yield from grid(["column", "SQLite", "PostgreSQL", "why"], rows)
    yield ""


def _decisions(schema: PortedSchema) -> Iterator[str]:
    """Every change that was made besides types, with the places, and under what it is right."""
    where: dict[tuple[str, str], list[str]] = {}
    for definition in schema.definitions:
        for finding in definition.findings if definition.kind != "function" else ():
            if finding.applied and finding.code not in ("DDL001", "DDL003", "DDL004", "DDL008"):
                condition = finding.fix.condition if finding.fix else ""
                said = f"{finding.message} (right where {condition})" if condition else finding.message
                places = where.setdefault((finding.code, said), [])
                if definition.name not in places:
                    places.append(definition.name)
    rows = [[_some(places), code, said] for (code, said), places in where.items()]
    yield from grid(["where", "rule", "what and why"], rows) if rows else ["None but the types."]


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
