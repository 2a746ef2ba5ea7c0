"""CTE003: a recursive query whose first part has narrower types than the rest."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._recursion import arms, recursive, references
from sqlport.fixers._server_types import ServerType, cast, server_type
from sqlport.semantics.collations import has_collation
from sqlport.sql import replace
from sqlport.sql.match import operand

_COLLATION = (
    "the first part of a recursive query fixes the collation on PostgreSQL;"
    " give its text the one that the columns of the rest have"
)

_NAMES: dict[ServerType, str] = {
    "int4": "int",
    "int8": "bigint",
    "numeric": "numeric",
    "float8": "float8",
    "text": "text",
    "bytea": "bytea",
    "boolean": "boolean",
}


def find(context: Context) -> Iterator[Proposal]:
    """Every column of the first part that is cast to the type that the recursion gives it."""
    for item in recursive(context):
        queries = arms(item.this)
        starts = [query for query in queries if not references(query, item.alias)]
        steps = [query for query in queries if references(query, item.alias)]
        if not starts or not steps or not isinstance(starts[0], exp.Select):
            continue
        for index, first in enumerate(starts[0].expressions):
            value = first.this if isinstance(first, exp.Alias) else first
            wanted = _wanted(context, item, value, steps, index)
            if not context.parsed.has_span(value):
                continue
            span = context.parsed.span(value)
            if wanted is not None:
                yield Proposal(span, (replace(span, *cast(context, value, wanted)),))
            elif _lacks_collation(context, value, steps, index):
                rewritten = replace(span, *operand(context.parsed, value), ' COLLATE "C"')
                yield Proposal(span, (rewritten,), message=_COLLATION)


def _lacks_collation(context: Context, value: exp.Expr, steps: list[exp.Expr], index: int) -> bool:
    """Whether the recursion gives a text of a column, which has a collation, and the first part one without."""
    if server_type(context, value) not in ("text", "unknown") or _collation(context, value) is not False:
        return False
    columns = [step.expressions[index] for step in steps if isinstance(step, exp.Select) and index < len(step.selects)]
    return any(_collation(context, column) for column in columns)


def _collation(context: Context, node: exp.Expr) -> bool | None:
    value = node.this if isinstance(node, exp.Alias) else node
    return has_collation(context.semantics, value, context.target)


def _wanted(context: Context, item: exp.CTE, value: exp.Expr, steps: list[exp.Expr], index: int) -> str | None:
    """The type to cast the first part's value to, if it has another one than the recursion."""
    found = server_type(context, value)
    if isinstance(value, exp.Star | exp.Placeholder) or found == "any":
        return None
    if found == "unknown" and not isinstance(value, exp.Null):
        return None
    for step in steps:
        if not isinstance(step, exp.Select) or index >= len(step.expressions):
            continue
        other = step.expressions[index]
        kind = server_type(context, other.this if isinstance(other, exp.Alias) else other)
        if kind in ("any", "unknown") or kind == found:
            continue
        if found == "unknown" or (found == "int4" and kind in ("int8", "numeric", "float8")):
            return _NAMES[kind]
        if found in ("int8", "numeric") and kind in ("numeric", "float8") and found != kind:
            return _NAMES[kind]
    return None
