"""JSN011: json_quote() as to_json()."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers import _json as json
from sqlport.model import Applicability
from sqlport.sql.match import rewrite

_TYPE = "the kind of this value is not known, so its JSON form may differ; write to_json(value)::text with a cast"
_FLOAT = "the value is no float (SQLite writes 2.0, PostgreSQL 2)"


def find(context: Context) -> Iterator[Proposal]:
    """Every call of json_quote()."""
    for node in context.parsed.calls("json_quote"):
        span = context.parsed.span(node)
        item = node.expressions[0] if len(node.expressions) == 1 else None
        made = json.text_of_value(context, item) if item is not None else None
        if made is None or item is None:
            yield Proposal(span, message=_TYPE)
            continue
        parts = made if str(made[0]).startswith("coalesce") else (*made, "::text")
        sure = context.semantics.kind(item) in ("integer", "text", "null")
        chosen = Applicability.SAFE if sure else Applicability.UNSAFE
        rewritten = rewrite(context.parsed, node, *parts)
        yield Proposal(span, (rewritten,), chosen, condition="" if sure else _FLOAT)
