"""ROW003: NULL for an INTEGER PRIMARY KEY, which SQLite replaces by the next id."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import quote
from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import Insert, inserted, names
from sqlport.fixers._patterns import quoted
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, insert, replace

_PASSED = "the parameter is None, or the id of a new row"


def find(context: Context) -> Iterator[Proposal]:
    """NULL in VALUES and in a SELECT, and parameters that are known to be None."""
    found = inserted(context)
    key = found.table.rowid_column if found is not None and found.table is not None else None
    if found is None or key is None:
        return
    for value in found.values_of(key.name):
        span = context.parsed.span(value) if context.parsed.has_span(value) else None
        if span is None:
            continue
        if isinstance(value, exp.Null):
            yield Proposal(span, (replace(span, "default" if span.of(context.parsed.text).islower() else "DEFAULT"),))
        elif isinstance(value, exp.Placeholder) and _is_none(context, span):
            sequence = f"nextval(pg_get_serial_sequence({quoted(quote(found.name))}, {quoted(key.name.lower())}))"
            yield Proposal(
                span, (replace(span, "coalesce(", span, f", {sequence})"),), Applicability.UNSAFE, "", _PASSED
            )
    if isinstance(found.source, exp.Select):
        yield from _selected(context, found, key.name)


def _is_none(context: Context, span: Span) -> bool:
    keys = [placeholder.key for placeholder in context.parsed.placeholders if placeholder.span == span]
    return bool(keys) and context.argument_type(keys[0]) in ("None", "NoneType")


def _selected(context: Context, found: Insert, key: str) -> Iterator[Proposal]:
    """`SELECT NULL, ...`: the column and its NULL are left out."""
    assert isinstance(found.source, exp.Select)
    parsed, items = context.parsed, found.source.expressions
    given = [name.lower() for name in found.columns]
    if key.lower() not in given or given.index(key.lower()) >= len(items) or len(items) < 2:
        return
    index = given.index(key.lower())
    item = items[index]
    value = item.this if isinstance(item, exp.Alias) else item
    if not isinstance(value, exp.Null):
        return
    rewrites = [_left_out([parsed.span(other) for other in items], index)]
    if found.written:
        rewrites.append(_left_out([parsed.span(name) for name in found.node.this.expressions], index))
    else:
        others = tuple(name for name in found.columns if name.lower() != key.lower())
        rewrites.append(insert(parsed.span(found.node.this).end, f" ({names(others)})"))
    yield Proposal(parsed.span(value), tuple(rewrites))


def _left_out(spans: list[Span], index: int) -> Rewrite:
    """One of a list taken away with its comma."""
    if index + 1 < len(spans):
        return replace(Span(spans[index].start, spans[index + 1].start))
    return replace(Span(spans[index - 1].end, spans[index].end))
