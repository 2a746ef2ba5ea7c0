"""JSN009: json_valid() as PostgreSQL's IS JSON, in a CHECK as a cast, which every version has."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import cast
from sqlport.model import Applicability, Span
from sqlport.sql import replace
from sqlport.sql.match import operand, rewrite

_SINCE = 16
_NULL = "the value is not NULL, or NULL may be the answer for it (older versions of SQLite give 0)"
_VERSION = "the server is PostgreSQL 16 or newer (`postgres-version = 16` says so)"
_OLD = "PostgreSQL has no json_valid(), and IS JSON only since version 16; check the document in the host"


def find(context: Context) -> Iterator[Proposal]:
    """Every call of json_valid() with one argument."""
    for node in context.parsed.calls("json_valid"):
        yield _made(context, node)


def becomes_cast(context: Context, node: exp.Anonymous) -> bool:
    """Whether the call is a condition of a CHECK that fails for every document that is not valid.

    There the error of a cast does as well.
    """
    if _has_is_json(context) or len(node.expressions) != 1:
        return False
    return isinstance(node.expressions[0], exp.Column) and _is_demanded(_tested(node))


def _made(context: Context, node: exp.Anonymous) -> Proposal:
    parsed, span = context.parsed, context.parsed.span(node)
    if len(node.expressions) != 1:
        return Proposal(span, message=_OLD)
    value = node.expressions[0]
    unsure = context.semantics.nullable(value)
    chosen = Applicability.UNSAFE if unsure else Applicability.SAFE
    condition = _NULL if unsure else ""
    if becomes_cast(context, node):
        whole = _tested(node)
        parts: tuple[str | Span, ...] = (*cast(context, value, "json"), " IS NOT NULL")
        if unsure:
            parts = (parsed.span(value), " IS NULL OR ", *parts)
        if not isinstance(whole.parent, exp.CheckColumnConstraint):  # CHECK has parentheses of its own
            parts = ("(", *parts, ")")
        return Proposal(parsed.span(whole), (replace(parsed.span(whole), *parts),), chosen, "", condition)
    if not _has_is_json(context):
        if context.target.postgres_version is not None:
            return Proposal(span, message=_OLD)
        chosen, condition = Applicability.UNSAFE, " and ".join(filter(None, (_VERSION, condition)))
    rewritten = rewrite(parsed, node, "(", *operand(parsed, value), " IS JSON)::int")
    return Proposal(span, (rewritten,), chosen, condition=condition)


def _has_is_json(context: Context) -> bool:
    return (context.target.postgres_version or 0) >= _SINCE


def _tested(node: exp.Expr) -> exp.Expr:
    """Of `json_valid(x) = 1` the comparison."""
    parent = node.parent
    if isinstance(parent, exp.EQ) and parent.this is node:
        one = isinstance(parent.expression, exp.Literal) and parent.expression.this == "1"
        return parent if one else node
    return node


def _is_demanded(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren | exp.And):
        parent = parent.parent
    if isinstance(parent, exp.Or):
        sides = (parent.this, parent.expression)
        if not any(isinstance(side, exp.Is) and isinstance(side.expression, exp.Null) for side in sides):
            return False
        parent = parent.parent
        while isinstance(parent, exp.Paren | exp.And):
            parent = parent.parent
    return isinstance(parent, exp.CheckColumnConstraint)
