"""JSN008: json_tree(), which PostgreSQL has not."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal


def find(context: Context) -> Iterator[Proposal]:
    """Every call of json_tree()."""
    for node in context.parsed.calls("json_tree", "jsonb_tree"):
        yield Proposal(context.parsed.span(node))
