"""UPS005: ON CONFLICT DO UPDATE without a target, or more than one ON CONFLICT."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.nocase import key_terms
from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import Insert, inserted, keys_in_play
from sqlport.model import Span
from sqlport.sql import insert

_SEVERAL = (
    "PostgreSQL takes one ON CONFLICT clause; keep the one whose key matters, or write MERGE, or SELECT first and"
    " choose between UPDATE and INSERT"
)


def find(context: Context) -> Iterator[Proposal]:
    """The second ON CONFLICT, or the DO UPDATE that names no key."""
    clauses = list(_clauses(context))
    if len(clauses) > 1:
        yield Proposal(clauses[1], message=_SEVERAL)
        return
    found = inserted(context)
    if found is None or not clauses:
        return
    conflict = found.node.args.get("conflict")
    if isinstance(conflict, exp.OnConflict) and not conflict.args.get("conflict_keys") and _updates(conflict):
        key = _only_key(context, found)
        rewrites = (insert(clauses[0].end, f" ({key})"),) if key else ()
        yield Proposal(clauses[0], rewrites)


def _clauses(context: Context) -> Iterator[Span]:
    """Where `ON CONFLICT` stands outside parentheses."""
    tokens = context.parsed.tokens
    depth = 0
    for index, token in enumerate(tokens[:-1]):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0 and token.word == "ON" and tokens[index + 1].word == "CONFLICT":
            if context.parsed.kind == "INSERT":
                yield Span(token.start, tokens[index + 1].end)


def _updates(conflict: exp.OnConflict) -> bool:
    return "UPDATE" in str(conflict.args.get("action") or "").upper()


def _only_key(context: Context, found: Insert) -> str:
    if found.table is None:
        return ""
    keys = keys_in_play(found)
    only = keys[0] if len(keys) == 1 and keys[0].is_plain else None
    return ", ".join(key_terms(only, found.table, context.target)) if only else ""
