"""DML002: UPDATE ... FROM where one row may meet several of the other table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.semantics import Source


def find(context: Context) -> Iterator[Proposal]:
    """FROM of an UPDATE whose rows are not told apart by a key in WHERE."""
    for update in context.parsed.nodes(exp.Update):
        start = update.args.get("from_")
        if start is None or not context.parsed.has_span(start):
            continue
        sources = context.semantics.scopes.sources(update)[1:]
        conditions = [update.args["where"].this] if update.args.get("where") is not None else []
        conditions += [join.args["on"] for join in update.find_all(exp.Join) if join.args.get("on") is not None]
        if any(not _at_most_one(source, conditions, len(sources) == 1) for source in sources):
            yield Proposal(context.parsed.span(start))


def _at_most_one(source: Source, conditions: Sequence[exp.Expr], alone: bool) -> bool:
    fixed = {name for condition in conditions for name in _equal_columns(condition, source.alias, alone)}
    if source.query is not None:
        return _grouped_by(source.query, fixed)
    # A column of a table that is compared for equality is taken for a key: its rows are not known here.
    return source.table is None or bool(fixed)


def _equal_columns(condition: exp.Expr, alias: str, alone: bool) -> Iterator[str]:
    while isinstance(condition, exp.Paren):
        condition = condition.this
    if isinstance(condition, exp.And):
        yield from _equal_columns(condition.this, alias, alone)
        yield from _equal_columns(condition.expression, alias, alone)
    elif isinstance(condition, exp.EQ):
        for side in (condition.this, condition.expression):
            if isinstance(side, exp.Column) and (side.table.lower() == alias or (alone and not side.table)):
                yield side.name.lower()


def _grouped_by(query: exp.Expr, fixed: set[str]) -> bool:
    """Whether a derived table has one row for each value of these columns."""
    while isinstance(query, exp.Subquery | exp.Paren):
        query = query.this
    if not isinstance(query, exp.Select):
        return False
    labels = {
        item.alias_or_name.lower(): item.this if isinstance(item, exp.Alias) else item for item in query.expressions
    }
    group = query.args.get("group")
    if group is not None:
        keys = list(group.expressions)
        chosen = [labels[name] for name in fixed if name in labels]
        return all(any(key == value or key.alias_or_name.lower() in fixed for value in chosen) for key in keys)
    if query.args.get("distinct") is not None:
        return set(labels) <= fixed
    single = query.args.get("limit")
    aggregates = all(item.find(exp.Anonymous) is not None for item in query.expressions)
    return (single is not None and str(single.expression) == "1") or (aggregates and query.find(exp.Column) is None)
