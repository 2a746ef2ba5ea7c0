"""DML002: UPDATE ... FROM where one row may meet several of the other table."""

from __future__ import annotations

from collections.abc import Iterator

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
        if any(not _at_most_one(source, update, len(sources) == 1) for source in sources):
            yield Proposal(context.parsed.span(start))


def _at_most_one(source: Source, update: exp.Update, alone: bool) -> bool:
    where = update.args.get("where")
    fixed = set(_equal_columns(where.this, source.alias, alone)) if where is not None else set()
    if source.table is not None:
        key = source.table.rowid_column
        if key is not None and key.name.lower() in fixed:
            return True
        return any(True for _ in source.table.keys_within(fixed))
    if source.query is not None:
        return _grouped_by(source.query, fixed)
    return True  # nothing is known of it, so nothing is said


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
        keys = [key for key in group.expressions]
        chosen = [labels[name] for name in fixed if name in labels]
        return all(any(key == value or key.alias_or_name.lower() in fixed for value in chosen) for key in keys)
    if query.args.get("distinct") is not None:
        return set(labels) <= fixed
    single = query.args.get("limit")
    aggregates = all(item.find(exp.Anonymous) is not None for item in query.expressions)
    return (single is not None and str(single.expression) == "1") or (aggregates and query.find(exp.Column) is None)
