"""IDN007: labels of result columns with capital letters, which PostgreSQL folds."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import folded
from sqlport.fixers import Context, Proposal
from sqlport.fixers._identifiers import Name, names, written
from sqlport.sql import replace


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
