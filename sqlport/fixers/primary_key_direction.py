"""DDL007: ASC and DESC in PRIMARY KEY and UNIQUE constraints."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._tables import constraints, removed


def find(context: Context) -> Iterator[Proposal]:
    """Every direction in a key; PostgreSQL's keys have none and are read both ways."""
    for constraint in constraints(context):
        if constraint.kind not in ("primary key", "unique", "foreign key"):
            continue
        clauses = [constraint.order, *(term.order for term in constraint.terms)]
        for clause in clauses:
            if clause is not None:
                yield Proposal(clause.span, (removed(context.parsed.text, clause.span),))
