"""AGG001: group_concat() and string_agg(), which takes text and a separator on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._as_text import REAL_CONDITION, as_text
from sqlport.fixers._server_types import server_type
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, insert, replace

_DISTINCT = "the order inside the text does not matter: PostgreSQL sorts distinct values"
_ORDERED = "the rows reach the aggregate in the order of the inner ORDER BY, also where GROUP BY sorts them"


def find(context: Context) -> Iterator[Proposal]:
    """Every group_concat(), and string_agg() of what is not text."""
    for call in context.parsed.calls("group_concat", "string_agg"):
        if call.expressions and len(call.expressions) <= 2:
            proposal = _proposal(context, call)
            if proposal is not None:
                yield proposal


def _proposal(context: Context, call: exp.Anonymous) -> Proposal | None:
    span = context.parsed.span(call)
    value = call.expressions[0]
    distinct = isinstance(value, exp.Distinct)
    order = call.expressions[-1] if isinstance(call.expressions[-1], exp.Order) else None
    count = len(value.expressions) if isinstance(value, exp.Distinct) else len(call.expressions)
    while isinstance(value, exp.Distinct | exp.Order):
        value = value.expressions[0] if isinstance(value, exp.Distinct) else value.this
    found = server_type(context, value)
    whole = context.parsed.span(value)
    if found == "bytea":
        return Proposal(span, message="string_agg() of blobs gives a blob; turn them into text first")
    rewrites: list[Rewrite] = []
    if call.this == "group_concat":
        rewrites.append(replace(Span(span.start, span.start + len("group_concat")), "string_agg"))
    text = as_text(context, value) if found != "boolean" else (whole,)
    if text != (whole,):
        rewrites.append(replace(whole, *text))
    if count == 1:
        rewrites.append(insert(whole.end, ", ','"))
    inner = _inner_order(call) if call.this == "group_concat" and order is None and not distinct else None
    if inner is not None:
        rewrites.extend(_ordered(context, call, inner))
    if not rewrites:
        return None
    conditions = [REAL_CONDITION] if found == "float8" else []
    conditions += [_DISTINCT] if distinct else [_ORDERED] if inner is not None else []
    if conditions:
        return Proposal(span, tuple(rewrites), Applicability.UNSAFE, condition=" and ".join(conditions))
    return Proposal(span, tuple(rewrites))


def _inner_order(call: exp.Expr) -> exp.Order | None:
    """The ORDER BY of the subquery that the rows come from, if it is all of FROM."""
    query = call.parent
    while query is not None and not isinstance(query, exp.Select):
        query = query.parent
    start = query.args.get("from_") if query is not None else None
    if query is None or start is None or query.args.get("joins") or not isinstance(start.this, exp.Subquery):
        return None
    order = start.this.this.args.get("order")
    return order if isinstance(order, exp.Order) else None


def _ordered(context: Context, call: exp.Anonymous, order: exp.Order) -> Iterator[Rewrite]:
    """The inner order said in the call, where its columns are visible; PostgreSQL promises it only there."""
    query = order.parent
    if not isinstance(query, exp.Select) or isinstance(call.parent, exp.Window):
        return
    starred = any(isinstance(item, exp.Star) for item in query.expressions)
    labels = {item.alias_or_name.lower() for item in query.expressions}
    for term in order.expressions:
        column = term.this if isinstance(term, exp.Ordered) else term
        if not isinstance(column, exp.Column) or column.table or not (starred or column.name.lower() in labels):
            return
    end = context.parsed.span(call.expressions[-1]).end
    yield insert(end, " " + context.parsed.text_of(order))
