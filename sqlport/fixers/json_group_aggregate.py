"""JSN004: json_group_array() and json_group_object() as text without blanks, `[]` and `{}` for no rows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _json as json
from sqlport.model import Span
from sqlport.sql.match import rewrite

_WINDOW = (
    "PostgreSQL has no json_group_array() or json_group_object(), and over a window they have to be written "
    "by hand with array_agg() or json_object_agg()"
)
_TYPE = (
    "the kind of this value is not known or has no JSON form here; use json_agg() or json_object_agg(), "
    "with coalesce(..., '[]') for no rows"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every call of the two aggregates, with its FILTER."""
    for node in context.parsed.calls("json_group_array", "json_group_object"):
        span = context.parsed.span(node)
        whole: exp.Expr = node
        condition: json.Parts = ()
        if isinstance(node.parent, exp.Filter):
            whole = node.parent
            condition = (" FILTER (", context.parsed.span(whole.expression), ")")
        if isinstance(whole.parent, exp.Window):
            yield Proposal(span, message=_WINDOW)
            continue
        parts = (
            _array(context, node, condition) if node.this == "json_group_array" else _object(context, node, condition)
        )
        if parts is None:
            yield Proposal(span, message=_TYPE)
        else:
            yield Proposal(span, (rewrite(context.parsed, whole, *parts),))


def _array(context: Context, node: exp.Anonymous, condition: json.Parts) -> json.Parts | None:
    if len(node.expressions) != 1:
        return None
    item = node.expressions[0]
    inner = item.this if isinstance(item, exp.Order) else item
    inner = inner.expressions[0] if isinstance(inner, exp.Distinct) and inner.expressions else inner
    if json.value(context, inner) is None:
        return None
    span = context.parsed.span(item)
    gives_json = inner is item and isinstance(item, exp.Anonymous) and item.this in json.GIVES_JSON
    suffix = ("::json",) if gives_json else ()
    return (
        "coalesce(to_json(array_agg(",
        *_parenthesised(span, gives_json),
        *suffix,
        ")",
        *condition,
        ")::text, '[]')",
    )


def _parenthesised(span: Span, needed: bool) -> json.Parts:
    return ("(", span, ")") if needed else (span,)


def _object(context: Context, node: exp.Anonymous, condition: json.Parts) -> json.Parts | None:
    if len(node.expressions) != 2:
        return None
    key, item = node.expressions
    found = json.text_of_value(context, item)
    name = json.value(context, key)
    if found is None or name is None:
        return None
    if context.semantics.kind(key) != "text":
        name = (*name, "::text")
    pair = ("to_json(", *name, ") || ':' || ", *found)
    return ("'{' || coalesce(string_agg(", *pair, ", ',')", *condition, ", '') || '}'")
