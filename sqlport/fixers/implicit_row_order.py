"""ORD002: rows whose order nobody asked for, where SQLite's is one that programs come to rely on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._holes import has_hole
from sqlport.fixers._nulls import may_be_null
from sqlport.fixers._ordering import arms
from sqlport.model import Applicability, Span
from sqlport.semantics import Semantics
from sqlport.sql import insert, replace


def find(context: Context) -> Iterator[Proposal]:
    """The whole statement, if it is a query without ORDER BY that groups, drops duplicates or has a LIMIT."""
    query = context.parsed.tree
    if not isinstance(query, exp.Select | exp.SetOperation) or query.args.get("order") is not None:
        return
    first = next(arms(query))
    if not context.parsed.has_span(query) or not isinstance(first, exp.Select):
        return
    span = context.parsed.span(query)
    if isinstance(query, exp.SetOperation):
        if not any(isinstance(arm, exp.Select) and arm.args.get("from_") for arm in arms(query)):
            return
        if _comes_in_order(context.semantics, query) or query.args.get("limit"):
            yield Proposal(span, applicability=Applicability.MANUAL)
    elif query.args.get("group") is not None:
        yield from _grouped(context, query)
    elif _comes_in_order(context.semantics, query):
        yield Proposal(span, applicability=Applicability.MANUAL)
    elif query.args.get("limit") is not None or _moved(context, query):
        yield from _limited(context, query)


def _passes_on(semantics: Semantics, query: exp.Select) -> bool:
    """Whether it shows the rows of a subquery, WITH query or view in an order that comes of grouping there."""
    sources = semantics.scopes.sources(query)
    if len(sources) != 1 or _is_aggregate(query):
        return False
    table, inner = sources[0].table, sources[0].query
    if table is not None and table.kind == "view":
        semantics = semantics.view(table)
        inner = semantics.definition
    return inner is not None and _comes_in_order(semantics, inner)


def _comes_in_order(semantics: Semantics, query: exp.Expr) -> bool:
    """Whether rows come out sorted although nobody asked, since SQLite sorts to group or to drop duplicates."""
    while isinstance(query, exp.Subquery | exp.Paren):
        query = query.this
    if query.args.get("order") is not None:
        return False
    if isinstance(query, exp.SetOperation):
        is_all = isinstance(query, exp.Union) and not query.args.get("distinct")
        return not is_all or any(_comes_in_order(semantics, arm) for arm in arms(query))
    if not isinstance(query, exp.Select):
        return False
    grouped = query.args.get("group")
    if grouped is not None:
        return not _one_group(grouped.expressions)
    distinct = query.args.get("distinct") is not None and query.args.get("from_") is not None
    return distinct or _passes_on(semantics, query)


def _grouped(context: Context, query: exp.Select) -> Iterator[Proposal]:
    """SQLite sorts to group, so groups come out in the order of their keys."""
    parsed = context.parsed
    keys = query.args["group"].expressions
    if not all(parsed.has_span(key) and not has_hole(context, key) for key in keys) or _one_group(keys):
        return
    if query.args.get("distinct") is not None and not all(_is_result(key, query) for key in keys):
        yield Proposal(parsed.span(query), applicability=Applicability.MANUAL)  # DISTINCT sorts by results only
        return
    terms: list[str | Span] = []
    for key in keys:
        terms += [", "] if terms else []
        terms += [parsed.span(key), " NULLS FIRST"] if may_be_null(context, key, query) else [parsed.span(key)]
    yield _ordered_by_keys(context, query, terms)


def _is_result(key: exp.Expr, query: exp.Select) -> bool:
    """Whether a term is a result column, as it is written or by its label."""
    label = key.name.lower() if isinstance(key, exp.Column) and not key.table else ""
    for item in query.expressions:
        value = item.this if isinstance(item, exp.Alias) else item
        if value == key or (label and item.alias_or_name.lower() == label) or isinstance(key, exp.Literal):
            return True
    return False


def _ordered_by_keys(context: Context, query: exp.Select, terms: list[str | Span]) -> Proposal:
    """An ORDER BY that repeats the terms of GROUP BY, each as other rules write it."""
    parsed = context.parsed
    start, span = parsed.span(query.args["group"].expressions[0]).start, parsed.span(query)
    limit = query.args.get("limit") or query.args.get("offset")
    if limit is not None and parsed.has_span(limit):
        at = parsed.span(limit).start
        return Proposal(
            span, (replace(Span(start, span.end), Span(start, at), "ORDER BY ", *terms, " ", Span(at, span.end)),)
        )
    return Proposal(span, (replace(Span(start, span.end), Span(start, span.end), " ORDER BY ", *terms),))


def _one_group(keys: list[exp.Expr]) -> bool:
    return all(isinstance(key, exp.Literal | exp.Null) and not getattr(key, "is_int", False) for key in keys)


def _moved(context: Context, query: exp.Select) -> bool:
    """Whether the same script updates the table before, which puts its rows elsewhere."""
    sources = context.semantics.scopes.sources(query)
    table = sources[0].table if len(sources) == 1 else None
    if table is None:
        return False
    updated = re.compile(rf"\s*UPDATE\s+(OR\s+\w+\s+)?[\"`\[]?{re.escape(table.name)}\b", re.IGNORECASE)
    return any(updated.match(text) for text in context.before.starting("UPDATE"))


def _limited(context: Context, query: exp.Select) -> Iterator[Proposal]:
    """SQLite reads a table in the order of its rowid, which is that of an INTEGER PRIMARY KEY."""
    sources = context.semantics.scopes.sources(query)
    table = sources[0].table if len(sources) == 1 else None
    if not sources or _is_aggregate(query) or _at_most_one(context, query):
        return
    key = table.rowid_column if table is not None else None
    if key is None:
        yield Proposal(context.parsed.span(query), applicability=Applicability.MANUAL)
    else:
        from sqlport.catalog.names import quote

        yield _ordered(context, query, quote(key.name))


def _is_aggregate(query: exp.Select) -> bool:
    names = ("count", "sum", "min", "max", "avg", "total", "group_concat", "string_agg")
    return all(
        any(isinstance(call.parent, exp.Expr) and call.this in names for call in item.find_all(exp.Anonymous))
        for item in query.expressions
    )


def _at_most_one(context: Context, query: exp.Select) -> bool:
    """Whether a unique key is compared with single values, so that there is at most one row."""
    sources = context.semantics.scopes.sources(query)
    table = sources[0].table if len(sources) == 1 else None
    where = query.args.get("where")
    if table is None or where is None:
        return False
    fixed = {
        side.name.lower()
        for equal in (where.this.flatten() if isinstance(where.this, exp.And) else [where.this])
        if isinstance(equal, exp.EQ)
        for side in (equal.this, equal.expression)
        if isinstance(side, exp.Column)
    }
    return any(True for _ in table.keys_within(fixed)) or (
        table.rowid_column is not None and table.rowid_column.name.lower() in fixed
    )


def _ordered(context: Context, query: exp.Select, terms: str) -> Proposal:
    parsed = context.parsed
    limit = query.args.get("limit") or query.args.get("offset")
    span = parsed.span(query)
    if limit is not None and parsed.has_span(limit):
        return Proposal(span, (insert(parsed.span(limit).start, f"ORDER BY {terms} "),))
    return Proposal(span, (insert(span.end, f" ORDER BY {terms}"),))
