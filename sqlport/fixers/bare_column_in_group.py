"""AGG006: columns beside aggregates that are neither grouped nor determined by the group."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import quote
from sqlport.fixers import Context, Proposal
from sqlport.fixers._grouping import Grouping, grouping, is_aggregate, primary_key
from sqlport.fixers._holes import has_hole
from sqlport.model import Applicability, Span
from sqlport.sql import Rewrite, insert, replace

_ONE_VALUE = "the column has one value in each group"
_ONE_ROW = "one row of each group has that {name}()"
_SOME_ROW = "there is a row (without any SQLite returns one of NULLs), and no two rows share the value"
_ROW_EACH = "no two rows of the table are in one group"
_KEY = (
    "the star's columns are neither grouped nor in aggregates: SQLite takes them from any row of the group, PostgreSQL"
    " where the table's key is grouped, too"
)
_EXTREME = (
    "SQLite takes this column from the row of the {name}(); on PostgreSQL say it with DISTINCT ON, or with"
    " ORDER BY and LIMIT 1"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every such column of a result, HAVING or ORDER BY."""
    for query in context.parsed.nodes(exp.Select):
        found = grouping(context, query)
        if found is not None:
            extreme = _extreme(query)
            group = query.args.get("group")
            bare = list(_bare(context, query, found))
            stars = [one for one in bare if not isinstance(one, exp.Column) or isinstance(one.this, exp.Star)]
            row = _row_of(context, query, extreme) if extreme is not None and stars else ()
            if row:
                yield Proposal(context.parsed.span(stars[0]), row, Applicability.UNSAFE, condition=_SOME_ROW)
                continue
            for star in stars:
                key = _with_key(context, query, star, found)
                if key:
                    yield Proposal(context.parsed.span(star), key, Applicability.UNSAFE, _KEY, _ROW_EACH)
                    bare.remove(star)
            for column in bare:
                if group is not None and has_hole(context, group):
                    yield Proposal(context.parsed.span(column))  # it may be what the hole groups by
                else:
                    yield _proposal(context, column, extreme)


def _bare(context: Context, query: exp.Select, found: Grouping) -> Iterator[exp.Expr]:
    """The columns that stand outside aggregates and groups."""
    order, having = query.args.get("order"), query.args.get("having")
    clauses: list[exp.Expr] = [*query.expressions]
    clauses += [clause for clause in (having, order) if clause is not None]
    for clause in clauses:
        yield from _bare_in(context, clause, found)


def _bare_in(context: Context, node: exp.Expr, found: Grouping) -> Iterator[exp.Expr]:
    if isinstance(node, exp.Subquery | exp.Select) or is_aggregate(node) or found.has(context, node):
        return
    if isinstance(node, exp.Filter):
        return
    if isinstance(node, exp.Star) or (isinstance(node, exp.Column) and isinstance(node.this, exp.Star)):
        if not found.determines_all(context, node):
            yield node
        return
    if isinstance(node, exp.Column):
        if context.parsed.has_span(node) and not found.determines(context, node):
            yield node
        return
    for child in node.iter_expressions():
        yield from _bare_in(context, child, found)


def _extreme(query: exp.Select) -> exp.Anonymous | None:
    """The only aggregate, if it is min() or max()."""
    calls = [
        call for call in query.find_all(exp.Anonymous) if is_aggregate(call) and call.find_ancestor(exp.Select) is query
    ]
    found = calls[0] if calls and all(call == calls[0] for call in calls) else None
    return found if found is not None and found.this in ("min", "max") else None


def _row_of(context: Context, query: exp.Select, call: exp.Anonymous) -> tuple[Rewrite, ...]:
    """The one row that holds the extreme value, where nothing is grouped: ordered by it, and the first."""
    plain = not any(query.args.get(name) for name in ("group", "having", "order", "limit", "offset", "distinct"))
    item = call.parent if isinstance(call.parent, exp.Alias) else call
    if not plain or isinstance(query.parent, exp.Union | exp.Except | exp.Intersect) or context.parsed.holes:
        return ()
    if item not in query.expressions or len(call.expressions) != 1 or isinstance(call.expressions[0], exp.Distinct):
        return ()
    value = context.parsed.span(call.expressions[0])
    end = context.parsed.span(query).end
    descending = " DESC NULLS LAST" if call.this == "max" else ""
    behind = Rewrite(end, end, (" ORDER BY ", value.of(context.parsed.text), f"{descending} LIMIT 1"))
    return replace(context.parsed.span(call), value), behind


def _with_key(context: Context, query: exp.Select, star: exp.Expr, found: Grouping) -> tuple[Rewrite, ...]:
    """The key of the star's table behind the columns of that table which a join is grouped by.

    Without a join the rows of the table itself are what is put together; those of a group have nothing in common.
    """
    group = query.args.get("group")
    sources = context.semantics.scopes.sources(query)
    qualifier = star.table.lower() if isinstance(star, exp.Column) else ""
    source = next((one for one in sources if one.alias == qualifier), None)
    if group is None or source is None or source.table is None or len(sources) < 2 or has_hole(context, group):
        return ()
    key = primary_key(source.table)
    last = group.expressions[-1]
    if not key or found.others or any(alias != qualifier for alias, _ in found.columns):
        return ()
    if not context.parsed.has_span(last) or not any(map(is_aggregate, query.find_all(exp.Anonymous))):
        return ()
    alias = context.parsed.text_of(star)[: -len(".*")].rstrip() if isinstance(star, exp.Column) else ""
    missing = [name for name in key if (qualifier, name) not in found.columns]
    return (insert(context.parsed.span(last).end, "".join(f", {alias}.{quote(name)}" for name in missing)),)


def _proposal(context: Context, column: exp.Expr, extreme: exp.Anonymous | None) -> Proposal:
    span = context.parsed.span(column)
    is_column = isinstance(column, exp.Column) and not isinstance(column.this, exp.Star)
    if not is_column:
        return Proposal(span, message=_EXTREME.format(name=extreme.this) if extreme is not None else "")
    label = f" AS {context.parsed.text_of(column.this)}" if isinstance(column.parent, exp.Select) else ""
    if extreme is None:
        parts: list[str | Span] = ["min(", span, ")", label]
        return Proposal(span, (replace(span, *parts),), Applicability.UNSAFE, condition=_ONE_VALUE)
    argument = extreme.expressions[0]
    name = str(extreme.this)
    if isinstance(argument, exp.Distinct) or isinstance(extreme.parent, exp.Filter) or has_hole(context, argument):
        return Proposal(span, message=_EXTREME.format(name=name))
    order = context.parsed.text_of(argument) + (" DESC NULLS LAST" if name == "max" else "")
    parts = ["(array_agg(", span, f" ORDER BY {order}))[1]", label]
    return Proposal(
        span,
        (replace(span, *parts),),
        Applicability.UNSAFE,
        f"SQLite takes this column from the row of the {name}(), PostgreSQL wants it said",
        _ONE_ROW.format(name=name),
    )
