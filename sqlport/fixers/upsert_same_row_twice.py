"""UPS007: an upsert whose own rows have a key twice, which PostgreSQL refuses."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.catalog.names import folded
from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import Insert, conflict_word, inserted, keys_in_play


def find(context: Context) -> Iterator[Proposal]:
    """The second of two rows of VALUES with equal literals in the key."""
    found = inserted(context)
    if found is None or len(found.rows) < 2:
        return
    conflict = found.node.args.get("conflict")
    word = conflict_word(context)
    updates = isinstance(conflict, exp.OnConflict) and "UPDATE" in str(conflict.args.get("action") or "").upper()
    if not updates and (word is None or word[0] != "REPLACE"):
        return
    for columns in _keys(found, conflict):
        seen: set[tuple[str, ...]] = set()
        for row in found.rows:
            key = _literals(found, row, columns)
            if key is None:
                continue
            if key in seen:
                yield Proposal(context.parsed.span(row[0]))
                return
            seen.add(key)


def _keys(found: Insert, conflict: exp.Expr | None) -> Iterator[tuple[str, ...]]:
    named = conflict.args.get("conflict_keys") if conflict is not None else None
    if named:
        yield tuple(key.this.name for key in named if isinstance(key.this, exp.Column))
    elif found.table is not None:
        yield from (key.columns for key in keys_in_play(found))


def _literals(found: Insert, row: tuple[exp.Expr, ...], columns: tuple[str, ...]) -> tuple[str, ...] | None:
    names = [folded(name) for name in found.columns]
    key: list[str] = []
    for column in columns:
        if folded(column) not in names or names.index(folded(column)) >= len(row):
            return None
        value = row[names.index(folded(column))]
        if not isinstance(value, exp.Literal):
            return None
        key.append(str(value.this))
    return tuple(key)
