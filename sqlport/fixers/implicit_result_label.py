"""IDN008: result columns without a label whose name is used: SQLite calls them by their text."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._double_quotes import is_double_quoted, unlabelled
from sqlport.model import Applicability
from sqlport.sql import insert

_TWICE = "two columns of one name: SQLite renames the second one, PostgreSQL raises (42701); give them labels"
_DEFINITION = "the columns of the view or table are used by the names that SQLite gives them"


def find(context: Context) -> Iterator[Proposal]:
    """Those of views and of tables made by a query, and those that an outer query names."""
    used = {column.name for column in context.parsed.nodes(exp.Column) if is_double_quoted(context, column)}
    defining = _defining(context)
    if defining is not None:
        yield from _twice(context, defining)
    for query in context.parsed.nodes(exp.Select):
        for item in unlabelled(context, query):
            text = context.parsed.text_of(item)
            span = context.parsed.span(item)
            label = ' AS "' + text.replace('"', '""') + '"'
            if query is defining:
                yield Proposal(span, (insert(span.end, label),), Applicability.UNSAFE, condition=_DEFINITION)
            elif text in used:
                yield Proposal(span, (insert(span.end, label),))


def _twice(context: Context, query: exp.Select) -> Iterator[Proposal]:
    """Columns of a view or table whose name another one has: SQLite writes `:1` behind it, PostgreSQL raises."""
    seen: set[str] = set()
    for item in query.expressions:
        name = item.alias_or_name.lower()
        if isinstance(item, exp.Alias | exp.Column) and name != "*" and context.parsed.has_span(item):
            if name in seen:
                yield Proposal(context.parsed.span(item), message=_TWICE)
            seen.add(name)
    if sum(_is_star(item) for item in query.expressions) and len(query.expressions) + _joined(query) > 1:
        names = [column for item in query.expressions for column in _star(context, query, item)]
        if len({name.lower() for name in names}) < len(names) and context.parsed.has_span(query):
            yield Proposal(context.parsed.span(query), message=_TWICE)


def _is_star(item: exp.Expr) -> bool:
    return isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star))


def _joined(query: exp.Select) -> int:
    return len(query.args.get("joins") or [])


def _star(context: Context, query: exp.Select, item: exp.Expr) -> Iterator[str]:
    """The names that a result column stands for, as far as they are known."""
    if not _is_star(item):
        yield from [item.alias_or_name] if isinstance(item, exp.Alias | exp.Column) else []
        return
    joins = query.args.get("joins") or []
    if any(join.args.get("using") or join.method == "NATURAL" for join in joins):
        return
    qualifier = item.table.lower() if isinstance(item, exp.Column) else ""
    for source in context.semantics.scopes.sources(query):
        if qualifier in ("", source.alias) and source.table is not None:
            yield from (column.name for column in source.table.columns)


def _defining(context: Context) -> exp.Select | None:
    """The query whose columns become those of a view or table."""
    tree = context.parsed.tree
    if not isinstance(tree, exp.Create) or isinstance(tree.this, exp.Schema):
        return None
    query = tree.expression
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    return query if isinstance(query, exp.Select) else None
