"""JSN009: json_valid() as PostgreSQL's IS JSON."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.model import Applicability
from sqlport.sql.match import operand, rewrite

_SINCE = 16
_NULL = "the value is not NULL, or NULL may be the answer for it (older versions of SQLite give 0)"
_OLD = "PostgreSQL has no json_valid(), and IS JSON only since version 16; check the document in the host"


def find(context: Context) -> Iterator[Proposal]:
    """Every call of json_valid() with one argument."""
    for node in context.parsed.calls("json_valid"):
        span = context.parsed.span(node)
        version = context.target.postgres_version
        if len(node.expressions) != 1 or (version is not None and version < _SINCE):
            yield Proposal(span, message=_OLD)
            continue
        item = operand(context.parsed, node.expressions[0])
        unsure = context.semantics.nullable(node.expressions[0])
        chosen = Applicability.UNSAFE if unsure else Applicability.SAFE
        rewritten = rewrite(context.parsed, node, "(", *item, " IS JSON)::int")
        yield Proposal(span, (rewritten,), chosen, condition=_NULL if unsure else "")
