"""JSN009: json_valid() as PostgreSQL's IS JSON."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.sql.match import operand, rewrite

_SINCE = 16
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
        yield Proposal(span, (rewrite(context.parsed, node, "(", *item, " IS JSON)::int"),))
