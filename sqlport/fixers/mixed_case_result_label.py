"""IDN007: labels of result columns with capital letters, which PostgreSQL folds."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import folded
from sqlport.fixers import Context, Proposal
from sqlport.fixers._identifiers import Name, names, written
from sqlport.sql import insert, replace

_STAR = (
    "the star gives out a column of the subquery by a label with capital letters, which PostgreSQL folds to small ones;"
    " quote the label where it is made, or name the columns here"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every such label that a program reads, with the places of the query that use it."""
    found = names(context)
    for name in found:
        if _is_of_view(context, name) and written(context, name) != name.span.of(context.parsed.text):
            yield Proposal(name.span, (replace(name.span, written(context, name)),))
        if name.quoting or not name.final or folded(name.value) == name.value:
            continue
        rewrites = [replace(name.span, written(context, name))]
        rewrites += [replace(use.span, written(context, use)) for use in found if _uses(context, use, name)]
        yield Proposal(name.span, tuple(rewrites))
    yield from _passed_on(context)


def _passed_on(context: Context) -> Iterator[Proposal]:
    """Results that are a labelled column of a subquery or WITH query: SQLite calls them by that label."""
    query = context.parsed.tree
    if not isinstance(query, exp.Select):
        return
    for item in query.expressions:
        if not context.parsed.has_span(item):
            continue
        span = context.parsed.span(item)
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            if any(_capital(context, label) for label in _starred(context, query, item)):
                yield Proposal(span, message=_STAR)
        elif isinstance(item, exp.Column):
            resolved = context.semantics.scopes.resolve(item)
            label = resolved.expression.parent if resolved is not None and resolved.expression is not None else None
            if isinstance(label, exp.Alias) and label.parent is not query and _capital(context, label):
                yield Proposal(span, (insert(span.end, f' AS "{label.alias}"'),))


def _starred(context: Context, query: exp.Expr, star: exp.Expr) -> Iterator[exp.Expr]:
    """The result columns of the subqueries that a star stands for."""
    qualifier = star.table.lower() if isinstance(star, exp.Column) else ""
    for source in context.semantics.scopes.sources(query):
        inner = source.query
        while isinstance(inner, exp.Subquery | exp.SetOperation | exp.Paren):
            inner = inner.this
        if isinstance(inner, exp.Select) and qualifier in ("", source.alias) and not source.labels:
            yield from inner.expressions


def _capital(context: Context, label: exp.Expr) -> bool:
    """Whether it is a label that PostgreSQL folds to another one."""
    if not isinstance(label, exp.Alias) or not context.parsed.has_span(label):
        return False
    text = context.parsed.text_of(label)
    return text.endswith(label.alias) and folded(label.alias) != label.alias


def _is_of_view(context: Context, name: Name) -> bool:
    """Whether it is an unquoted name of a view's column."""
    column = name.node.parent if name.node is not None else None
    if name.role != "column" or name.quoting or not isinstance(column, exp.Column):
        return False
    resolved = context.semantics.scopes.resolve(column)
    source = resolved.source if resolved is not None else None
    return source is not None and source.table is not None and source.table.kind == "view"


def _uses(context: Context, use: Name, label: Name) -> bool:
    """Whether a name stands for the result column of that label."""
    if use.role != "column" or use.node is None or not isinstance(use.node.parent, exp.Column) or use.quoting:
        return False
    if folded(use.value) != folded(label.value) or label.node is None or label.node.parent is None:
        return False
    resolved = context.semantics.scopes.resolve(use.node.parent)
    return resolved is not None and resolved.expression is label.node.parent.this
