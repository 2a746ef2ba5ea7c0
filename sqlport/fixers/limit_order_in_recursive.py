"""CTE002: LIMIT or ORDER BY inside a recursive query."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._recursion import recursive, references
from sqlport.model import Span
from sqlport.sql import Rewrite, replace

_ORDER = "SQLite's ORDER BY in a recursive query chooses which row is worked on next; PostgreSQL has SEARCH for that"


def find(context: Context) -> Iterator[Proposal]:
    """Every one; a LIMIT moves to the place where the rows are read, and PostgreSQL computes no more than these."""
    parsed = context.parsed
    for item in recursive(context):
        query = item.this
        clauses = [query.args.get(name) for name in ("limit", "offset", "order")]
        found = [clause for clause in clauses if clause is not None and parsed.has_span(clause)]
        if not found:
            continue
        span = Span(min(parsed.span(c).start for c in found), max(parsed.span(c).end for c in found))
        if query.args.get("order") is not None:
            yield Proposal(span, message=_ORDER)
        else:
            rewrites = _moved(context, item, span)
            yield Proposal(span, rewrites)


def _moved(context: Context, item: exp.CTE, limit: Span) -> tuple[Rewrite, ...]:
    """The LIMIT at the one place outside that reads the rows."""
    parsed = context.parsed
    owner = item.find_ancestor(exp.Select, exp.SetOperation, exp.Insert, exp.Update, exp.Delete)
    inside = {id(table) for table in references(item.this, item.alias)}
    readers = [table for table in references(owner, item.alias) if id(table) not in inside] if owner else []
    if len(readers) != 1 or any(p.text == "?" and limit.contains(p.span) for p in parsed.placeholders):
        return ()
    table = readers[0]
    span = parsed.span(table)
    name = parsed.text_of(table.this)
    alias = "" if table.alias else f" AS {name}"
    before = parsed.tokens[parsed.token_at(limit.start) - 1].end
    name_span = parsed.span(table.this)
    inner = f"(SELECT * FROM {name} {limit.of(parsed.text)}){alias}"
    return (replace(Span(before, limit.end)), replace(Span(span.start, name_span.end), inner))
