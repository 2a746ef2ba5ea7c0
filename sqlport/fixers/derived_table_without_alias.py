"""SEL006: a query in FROM without a name, which PostgreSQL takes since version 16."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.sql import insert

_SINCE = 16


def find(context: Context) -> Iterator[Proposal]:
    """Every one where the target is older; of definitions, which outlive the server, also where it is not said."""
    parsed = context.parsed
    version = context.target.postgres_version
    if parsed.tree is None or (version is None and not isinstance(parsed.tree, exp.Create)):
        return
    if version is not None and version >= _SINCE:
        return
    taken = {token.text.lower().strip('"') for token in parsed.tokens}
    names = (name for number in range(1, 1000) if (name := f"derived_{number}") not in taken)
    for node in parsed.nodes(exp.Subquery):
        in_from = isinstance(node.parent, exp.From | exp.Join) and node.arg_key == "this"
        if in_from and not node.alias and isinstance(node.this, exp.Query) and parsed.has_span(node):
            span = parsed.span(node)
            yield Proposal(span, (insert(span.end, f" AS {next(names)}"),))
