"""ORD007: SELECT DISTINCT ... ORDER BY something that is not among the results."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._grouping import grouping, is_aggregate
from sqlport.fixers._holes import has_hole
from sqlport.fixers._ordering import ordinal, terms
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, insert, replace, wrap

_NEEDLESS = "PostgreSQL sorts SELECT DISTINCT by its results only; the groups are distinct already, so that it can go"
_ONE_VALUE = "rows that are the same result have one value of it"


def find(context: Context) -> Iterator[Proposal]:
    """The first such term of every SELECT DISTINCT."""
    parsed = context.parsed
    done: set[int] = set()
    for ordered, owner in terms(context):
        if not isinstance(owner, exp.Select) or owner.args.get("distinct") is None or id(owner) in done:
            continue
        computed = has_hole(context, ordered)
        if ordinal(ordered.this) is not None or (_is_result(ordered.this, owner) and not computed):
            continue
        needless = _without_distinct(context, owner)
        if computed and not needless:
            continue
        done.add(id(owner))
        span = parsed.span(ordered)
        order = ordered.parent
        assert order is not None
        if needless:
            yield Proposal(span, needless, Applicability.SAFE, _NEEDLESS)
        elif owner.args.get("with_") is None and _only_results(order, owner):
            body = Span(parsed.span(owner).start, len(parsed.text[: parsed.span(order).start].rstrip()))
            rewrites = (wrap(body, "SELECT * FROM (", ") AS results"), *_unqualified(context, order))
            yield Proposal(span, rewrites, Applicability.SAFE)
        else:
            grouped = _grouped(context, order, owner)
            applicability = Applicability.UNSAFE if grouped else Applicability.MANUAL
            yield Proposal(span, grouped, applicability, condition=_ONE_VALUE)


def _without_distinct(context: Context, query: exp.Select) -> tuple[Rewrite, ...]:
    """The query without DISTINCT, where what it is grouped by keeps its results apart."""
    found = grouping(context, query)
    group = query.args.get("group")
    if found is None or group is None or has_hole(context, group) or not found.is_among_results(context):
        return ()
    return _undistinct(context, query)


def _undistinct(context: Context, query: exp.Select) -> tuple[Rewrite, ...]:
    tokens = context.parsed.tokens_in(context.parsed.span(query))
    word = next((token for token in tokens if token.word == "DISTINCT"), None)
    first = query.expressions[0]
    if word is None or not context.parsed.has_span(first):
        return ()
    return (Rewrite(word.start, context.parsed.span(first).start, ()),)


def _grouped(context: Context, order: exp.Expr, query: exp.Select) -> tuple[Rewrite, ...]:
    """GROUP BY over all results in the place of DISTINCT: the largest or smallest value of a result orders it."""
    parsed = context.parsed
    if query.args.get("group") is not None or query.find(exp.Window) is not None:
        return ()
    for item in query.expressions:
        value = item.this if isinstance(item, exp.Alias) else item
        if not isinstance(value, exp.Column) or value.is_star or not parsed.has_span(value):
            return ()
    undistinct = _undistinct(context, query)
    if not undistinct or has_hole(context, query):
        return ()
    keys = [item.this if isinstance(item, exp.Alias) else item for item in query.expressions]
    rewrites = [*undistinct]
    rewrites.append(insert(parsed.span(order).start, f"GROUP BY {', '.join(map(parsed.text_of, keys))} "))
    for term in order.expressions:
        value = term.this
        if ordinal(value) is None and not _is_result(value, query):
            if not parsed.has_span(value) or is_aggregate(value) or value.find(exp.Select) is not None:
                return ()
            function = "max" if term.args.get("desc") else "min"
            rewrites.append(replace(parsed.span(value), f"{function}({parsed.text_of(value)})"))
    return tuple(rewrites)


def _is_result(node: exp.Expr, query: exp.Select) -> bool:
    while isinstance(node, exp.Paren):
        node = node.this
    for item in query.expressions:
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and item.is_star):
            if isinstance(node, exp.Column):
                return True
            continue
        value = item.this if isinstance(item, exp.Alias) else item
        if value == node:
            return True
        if isinstance(node, exp.Column):
            same_name = node.name.lower() == item.alias_or_name.lower()
            if same_name and (not node.table or isinstance(value, exp.Column)):
                return True
    return False


def _only_results(order: exp.Expr, query: exp.Select) -> bool:
    """Whether every name in the ORDER BY is a label of the result that is there once."""
    labels = [item.alias_or_name.lower() for item in query.expressions]
    if any(isinstance(item, exp.Star) or (isinstance(item, exp.Column) and item.is_star) for item in query.expressions):
        return False
    names = list(order.find_all(exp.Column))
    inner = order.find(exp.Select) is not None
    values = [item.this if isinstance(item, exp.Alias) else item for item in query.expressions]
    plain = all(labels.count(name.name.lower()) == 1 and (not name.table or name in values) for name in names)
    return plain and not inner


def _unqualified(context: Context, order: exp.Expr) -> Iterator[Rewrite]:
    """The names as the derived table has them."""
    for column in order.find_all(exp.Column):
        if column.table:
            yield replace(context.parsed.span(column), context.parsed.text_of(column.this))
