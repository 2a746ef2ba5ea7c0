"""PRM002: parameters whose type PostgreSQL has to know and cannot see from the text around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._server_types import cast
from sqlport.model import Span
from sqlport.semantics import Kind
from sqlport.sql import Placeholder, replace

_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)
_TYPES: dict[Kind, str] = {
    "integer": "bigint",
    "real": "double precision",
    "numeric": "numeric",
    "text": "text",
    "blob": "bytea",
}
_TYPED = frozenset(["int", "float", "bytes", "bool"])  # what psycopg sends with a type of its own
_WHOLE = "the parameter is a whole number"


def find(context: Context) -> Iterator[Proposal]:
    """`? IS NULL`, and arithmetic between two parameters."""
    keys = {placeholder.span: placeholder for placeholder in context.parsed.placeholders}
    for node in context.parsed.nodes(exp.Placeholder):
        placeholder = keys.get(context.parsed.span(node))
        if placeholder is None or context.argument_type(placeholder.key) in _TYPED:
            continue
        if _typed_before(context, placeholder):
            continue
        if isinstance(node.parent, exp.Is) and node.parent.this is node:
            found = _compared_type(context, node, placeholder, keys)
            rewrites = (replace(placeholder.span, *cast(context, node, found)),) if found else ()
            yield Proposal(placeholder.span, rewrites)
        elif isinstance(node.parent, _ARITHMETIC) and _untyped(node.parent.this) and _untyped(node.parent.expression):
            rewrite = replace(placeholder.span, *cast(context, node, "bigint"))
            yield Proposal(placeholder.span, (rewrite,), condition=_WHOLE)


def _typed_before(context: Context, own: Placeholder) -> bool:
    """Whether an earlier use of the same named parameter, which is one parameter to the server, gives the type."""
    if not isinstance(own.key, str):
        return False
    earlier = {other.span for other in context.parsed.placeholders if other.key == own.key and other.span < own.span}
    return any(
        context.parsed.span(node) in earlier and not isinstance(node.parent, exp.Is)
        for node in context.parsed.nodes(exp.Placeholder)
    )


def _untyped(node: exp.Expr) -> bool:
    return isinstance(node, exp.Placeholder | exp.Null) or (isinstance(node, exp.Literal) and node.is_string)


def _compared_type(context: Context, node: exp.Expr, own: Placeholder, keys: Mapping[Span, Placeholder]) -> str:
    """The type of what the same parameter, or the next one of the same condition, is compared with."""
    whole = node.find_ancestor(exp.Or, exp.And)
    if whole is None:
        return ""
    for other in whole.find_all(exp.Placeholder):
        if other is node or not isinstance(other.parent, exp.Binary) or not context.parsed.has_span(other):
            continue
        placeholder = keys.get(context.parsed.span(other))
        if placeholder is None or (isinstance(own.key, str) and placeholder.key != own.key):
            continue
        side = other.parent.expression if other.parent.this is other else other.parent.this
        found = _TYPES.get(context.semantics.kind(side), "")
        if found:
            return found
    return ""
