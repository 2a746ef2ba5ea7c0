"""UPS004: UPDATE OR IGNORE and UPDATE OR REPLACE, which PostgreSQL has nothing for."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import conflict_word

_MESSAGES = {
    "IGNORE": "UPDATE OR IGNORE skips rows whose new key is taken; add AND NOT EXISTS (SELECT ... the new key ...)",
    "REPLACE": "UPDATE OR REPLACE deletes the rows that have the new key; DELETE them first, in the same transaction",
}


def find(context: Context) -> Iterator[Proposal]:
    """The clause."""
    conflict = conflict_word(context)
    if conflict is not None and isinstance(context.parsed.tree, exp.Update) and conflict[0] in _MESSAGES:
        yield Proposal(conflict[1], message=_MESSAGES[conflict[0]])
