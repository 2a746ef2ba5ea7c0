"""JSN010: json() checks a document and takes the blanks out; jsonb() has a format of its own."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _json as json
from sqlport.sql.match import rewrite

_BINARY = (
    "SQLite's jsonb functions give bytes in a format of their own, PostgreSQL's jsonb is a type; "
    "store text, or a column of type jsonb"
)


def find(context: Context) -> Iterator[Proposal]:
    """Every call of json() and of the jsonb functions."""
    for node in context.parsed.calls("json"):
        span = context.parsed.span(node)
        if len(node.expressions) != 1 or _is_binary(node.expressions[0]):
            yield Proposal(span, message=_BINARY)
            continue
        made = json.compact(json.document(context, node.expressions[0]))
        yield Proposal(span, (rewrite(context.parsed, node, *made),))
    for node in context.parsed.nodes(exp.Anonymous):
        if _is_binary(node):
            yield Proposal(context.parsed.span(node), message=_BINARY)


_NAMES = frozenset(
    """jsonb jsonb_array jsonb_object jsonb_extract jsonb_group_array jsonb_group_object jsonb_patch jsonb_remove
    jsonb_replace""".split()
)


def _is_binary(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and node.this in _NAMES
