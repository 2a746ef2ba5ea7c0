"""The PostgreSQL design in Markdown: each decision with its reason, and the matrix that shows what became of what."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    """Every change that was made besides types, with the place."""
    rows: list[list[str]] = []
    for definition in schema.definitions:
        for finding in definition.findings:
            if finding.applied and finding.code not in ("DDL001", "DDL003", "DDL004", "DDL008"):
                row = [definition.name, finding.code, finding.message]
                if row not in rows:
                    rows.append(row)
    yield from grid(["where", "rule", "what and why"], rows) if rows else ["None but the types."]


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


def page(title: str, text: str) -> str:
    """The Markdown of these documents as a page; its diagrams need a network, all else does not."""
    body = "\n".join(_blocks(text.split("\n")))
    return (
        f"<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n<title>{html.escape(title)}</title>\n"
        "<style>body{font:16px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em}"
        "table{border-collapse:collapse}td,th{border:1px solid #bbb;padding:.2em .6em;text-align:left}"
        "pre{background:#f4f4f4;padding:1em;overflow:auto}</style>\n"
        f"{body}\n<script type=module>\n"
        "import mermaid from 'https://cdn.jsdelivr.net/npm/mermaid@11/dist/mermaid.esm.min.mjs';\n"
        "mermaid.initialize({startOnLoad: true});\n</script>\n</html>\n"
    )


def _blocks(lines: list[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("```"):
            end = next(i for i in range(at + 1, len(lines)) if lines[i] == "```")
            kind = " class=mermaid" if line == "```mermaid" else ""
            yield f"<pre{kind}>{html.escape(chr(10).join(lines[at + 1 : end]))}</pre>"
            at = end
        elif line.startswith("|"):
            end = next((i for i in range(at, len(lines)) if not lines[i].startswith("|")), len(lines))
            yield _rows(lines[at:end])
            at = end - 1
        elif line.startswith("#"):
            level = len(line) - len(line.lstrip("#"))
            yield f"<h{level}>{_inline(line[level:].strip())}</h{level}>"
        elif line.startswith("- "):
            yield f"<li>{_inline(line[2:])}</li>"
        elif line:
            yield f"<p>{_inline(line)}</p>"
        at += 1


def _rows(lines: Iterable[str]) -> str:
    head, _, *rows = [re.split(r"(?<!\\)\|", line.strip("|")) for line in lines]
    made = [f"<tr>{''.join(f'<th>{_inline(cell.strip())}</th>' for cell in head)}</tr>"]
    made += [f"<tr>{''.join(f'<td>{_inline(cell.strip())}</td>' for cell in row)}</tr>" for row in rows]
    return f"<table>\n{chr(10).join(made)}\n</table>"


def _inline(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", html.escape(text.replace("\\|", "|"), quote=False))
