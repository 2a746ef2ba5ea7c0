"""The SQLite schema described in Markdown: what is there, what it holds, and what will not port as it is."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sqlport.schema.diagram import diagram

if TYPE_CHECKING:
    from sqlport.catalog import Column, Table
    from sqlport.schema.observed import Observed
    from sqlport.schema.port import PortedSchema
    from sqlport.schema.source import Source

_NAMED = 4
_COMMENT = re.compile(r"--[ \t]*([^\n]*)|/\*(.*?)\*/", re.DOTALL)


def analysis(source: Source, schema: PortedSchema) -> str:
    """The document `sqlite-schema-analysis.md`; of a database with the values that its columns hold."""
    from sqlport.schema.observed import observe

    values = observe(source.path, source.catalog) if source.path else {}
    tables = [table for table in source.catalog if table.kind != "view"]
    views = [table for table in source.catalog if table.kind == "view"]
    lines = [f"# SQLite schema of {source.label}", ""]
    lines += _summary(tables, views)
    lines += ["", "## Diagram", "", diagram(tables, lambda table, column: column.declared_type or "any"), ""]
    lines += ["## Tables", ""]
    for table in tables:
        lines += _table(table, values)
    if views:
        lines += ["## Views", ""]
        for view in views:
            named = ", ".join(f"`{column.name}`" for column in view.columns)
            lines += [f"### {view.name}", "", f"Columns: {named}", "", *fenced(view.sql, "sql"), ""]
    lines += ["## What does not port as it is", "", *_findings(schema), ""]
    if source.problems:
        lines += ["## Not part of the schema", ""]
        lines += [f"- {problem.place}: {problem.reason}" for problem in source.problems]
        lines.append("")
    return "\n".join(lines)


def _summary(tables: Sequence[Table], views: Sequence[Table]) -> Iterator[str]:
    counts = {
        "tables": len(tables),
        "columns": sum(len(table.columns) for table in tables),
        "foreign keys": sum(len(table.foreign_keys) for table in tables),
        "unique constraints": sum(key.origin == "unique" for table in tables for key in table.unique),
        "checks": sum(len(table.checks) for table in tables),
        "indexes": sum(index.origin == "index" for table in tables for index in table.indexes),
        "views": len(views),
        "triggers": sum(not one.dropped for table in (*tables, *views) for one in table.triggers),
    }
    yield from grid(["what", "count"], ([kind, str(count)] for kind, count in counts.items()))


def _table(table: Table, values: Mapping[tuple[str, str], tuple[Observed, ...]]) -> Iterator[str]:
    yield from (f"### {table.name}", "")
    purpose = _purpose(table.sql)
    if purpose:
        yield from (purpose, "")
    kinds = [word for word, there in (("without rowid", table.without_rowid), ("strict", table.strict)) if there]
    kinds += [word for word, there in (("virtual", table.kind == "virtual"), ("temporary", table.temporary)) if there]
    if kinds:
        yield from (f"It is {', '.join(kinds)}.", "")
    counts = [sum(seen.count for seen in values.get((table.name, column.name), ())) for column in table.columns]
    if values:
        yield from (f"{max(counts, default=0):,} rows.", "")
    head = ["column", "declared", "affinity", "null", "default", "key"]
    rows = [_column(column, table) for column in table.columns]
    if values:
        head.append("values")
        for row, column in zip(rows, table.columns, strict=True):
            row.append("; ".join(map(str, values.get((table.name, column.name), ()))) or "none")
    yield from grid(head, rows)
    yield ""
    yield from _constraints(table)


def _column(column: Column, table: Table) -> list[str]:
    key = f"primary {column.primary_key}" if column.primary_key else ""
    key += ", autoincrement" if column.autoincrement else ", rowid" if column.rowid_alias else ""
    refers = [other.table for other in table.foreign_keys if column.name in other.columns]
    key = ", ".join([part for part in (key, *(f"to {name}" for name in refers)) if part])
    null = "not null" if column.not_null else "never" if column.rowid_alias else "yes"
    default = f"generated, {column.generated}" if column.generated else column.default or ""
    return [column.name, column.declared_type or "none", column.affinity, null, default, key]


def _constraints(table: Table) -> Iterator[str]:
    lines = [
        f"- foreign key ({', '.join(key.columns)}) to {key.table} ({', '.join(key.references)})"
        + _actions(key.on_delete, key.on_update)
        for key in table.foreign_keys
    ]
    lines += [f"- unique ({', '.join(key.columns)})" for key in table.unique if key.origin == "unique"]
    lines += [f"- check `{' '.join(check.split())}`" for check in table.checks]
    lines += [f"- `{' '.join(index.sql.split())}`" for index in table.indexes if index.sql]
    lines += [f"- trigger {trigger.name}" for trigger in table.triggers if not trigger.dropped]
    if lines:
        yield from (*lines, "")


def _actions(on_delete: str, on_update: str) -> str:
    words = [f"on delete {on_delete.lower()}"] if on_delete != "NO ACTION" else []
    words += [f"on update {on_update.lower()}"] if on_update != "NO ACTION" else []
    return "".join(f", {word}" for word in words)


def _purpose(sql: str) -> str:
    """A comment between CREATE TABLE and the first column."""
    head = sql[: sql.find("(") + 1]
    found = _COMMENT.search(head) or _COMMENT.match(sql[len(head) :].lstrip())
    return " ".join((found[1] or found[2] or "").split()) if found else ""


def _findings(schema: PortedSchema) -> Iterator[str]:
    """The rules that have something to say, with how often, what the first of them says, and where."""
    counted: Counter[tuple[str, str]] = Counter()
    first: dict[tuple[str, str], str] = {}
    places: dict[tuple[str, str], list[str]] = {}
    for definition in schema.definitions:
        for finding in definition.findings if definition.kind != "function" else ():
            key = (finding.code, finding.name)
            counted[key] += 1
            first.setdefault(key, finding.message)
            if definition.name not in places.setdefault(key, []):
                places[key].append(definition.name)
    rows = []
    for key, count in sorted(counted.items()):
        more = len(places[key]) - _NAMED
        where = ", ".join(places[key][:_NAMED]) + (f" and {more} more" if more > 0 else "")
        rows.append([*key, str(count), where, first[key]])
    yield from grid(["rule", "name", "findings", "where", "for example"], rows)
    if schema.not_ported:
        yield from ("", "Left out of the port:", "")
        yield from not_ported(schema)


def not_ported(schema: PortedSchema) -> Iterator[str]:
    """A list of what is not in the port, with the reasons."""
    for one in schema.not_ported:
        name = one.name or f"({', '.join(one.columns)})"
        where = f" of {one.of}" if one.of and one.of != one.name else ""
        yield f"- {one.kind} {name}{where}: {one.reason}"


def grid(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join(['---'] * len(head))}|"
    for row in rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def fenced(text: str, language: str) -> list[str]:
    """A block of code."""
    return [f"```{language}", text, "```"]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
