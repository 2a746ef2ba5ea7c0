"""JSN006: json_array_length() and json_type()."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _json as json
from sqlport.sql.match import rewrite

_TYPE = (
    "PostgreSQL's json_typeof() has other names: number for integer and real, string for text, boolean for true and "
    "false; compare with those"
)
_PATH = "this path is computed, or has a step that PostgreSQL's paths do not know; write it as a literal"


def find(context: Context) -> Iterator[Proposal]:
    """Every call of json_array_length() on text, and of json_type()."""
    for node in context.parsed.calls("json_array_length", "json_type"):
        span = context.parsed.span(node)
        if node.this == "json_type":
            yield Proposal(span, message=_TYPE)
            continue
        base = json.document(context, node.expressions[0]) if node.expressions else ()
        if node.expressions and json.is_json(context, node.expressions[0]):
            continue
        steps = json.literal_path(node.expressions[1]) if len(node.expressions) > 1 else ()
        if steps is None or not base:
            yield Proposal(span, message=_PATH)
            continue
        made = json.member(base, steps, as_text=False) if steps else base
        yield Proposal(span, (rewrite(context.parsed, node, "json_array_length(", *made, ")"),))
