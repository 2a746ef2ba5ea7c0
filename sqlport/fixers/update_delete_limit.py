"""DML001: UPDATE and DELETE with ORDER BY and LIMIT, as a choice of keys."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog import Table
from sqlport.catalog.names import quote
from sqlport.fixers import Context, Proposal
from sqlport.fixers._holes import has_hole
from sqlport.model import Applicability, Span
from sqlport.sql import replace

_CTID = "no other transaction updates the chosen rows between the choice and the change"


def find(context: Context) -> Iterator[Proposal]:
    """The statement, if it has one of the clauses."""
    parsed, node = context.parsed, context.parsed.tree
    if not isinstance(node, exp.Update | exp.Delete):
        return
    clauses = [node.args.get(name) for name in ("order", "limit", "offset")]
    spans = [parsed.span(clause) for clause in clauses if clause is not None and parsed.has_span(clause)]
    if not spans:
        return
    spans += parsed.lifted.get("offset", ())
    table = context.catalog.table(node.this.name)
    place = Span(min(span.start for span in spans), max(span.end for span in spans))
    if (
        has_hole(context, node.this)
        or node.args.get("from_") is not None
        or node.args.get("using")
        or node.args.get("with_") is not None
    ):
        yield Proposal(place)
        return
    if node.args.get("limit") is None:  # ORDER BY alone changes nothing
        start = len(parsed.text[: place.start].rstrip())
        yield Proposal(place, (replace(Span(start, place.end)),))
        return
    key = _key(table)
    name = parsed.text_of(node.this)
    where = node.args.get("where")
    if where is None:
        opening = replace(Span(place.start, place.start), f"WHERE {key} IN (SELECT {key} FROM {name} ")
    else:
        span = parsed.span(where)
        opening = replace(Span(span.start, span.start), f"WHERE {key} IN (SELECT {key} FROM {name} ")
    closing = replace(Span(place.end, place.end), ")")
    if key == "ctid":
        yield Proposal(place, (opening, closing), Applicability.UNSAFE, condition=_CTID)
    else:
        yield Proposal(place, (opening, closing))


def _key(table: Table | None) -> str:
    """The primary key, in parentheses if it has several columns; ctid where none is known."""
    if table is None:
        return "ctid"
    columns = [table.rowid_column.name] if table.rowid_column is not None else list(table.primary_key)
    if not columns:
        return "ctid"
    return quote(columns[0]) if len(columns) == 1 else "ctid"
