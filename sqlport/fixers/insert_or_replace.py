"""UPS002: INSERT OR REPLACE and REPLACE INTO, as an update of the row that is in the way, whole."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.catalog import Table, UniqueKey
from sqlport.catalog.names import folded
from sqlport.catalog.nocase import key_terms
from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import (
    Insert,
    conflict_action,
    conflict_word,
    inserted,
    keys_in_play,
    names,
    stored_columns,
    without_conflict,
)
from sqlport.fixers._replacing import replacing
from sqlport.model import Applicability

_UNKNOWN = (
    "REPLACE deletes every row with the same key, but the table's keys are not known here; name its schema"
    " (`schema` in [tool.sqlport]), or write ON CONFLICT (key) DO UPDATE"
)
_CASCADE = (
    "REPLACE deletes the old row, and {table} refers to it ON DELETE {action}; ON CONFLICT DO UPDATE does not delete:"
    " decide whether the rows of {table} are to go, and write DELETE and INSERT if so"
)
_PARTIAL = (
    "REPLACE goes by a key over expressions or some rows, too, which no single ON CONFLICT names;"
    " write DELETE and INSERT"
)
_TWO = "OR REPLACE beside an ON CONFLICT clause has two actions for one row; PostgreSQL knows one: choose it"


def find(context: Context) -> Iterator[Proposal]:
    """The statement, if it is INSERT OR REPLACE or REPLACE INTO."""
    found, conflict = inserted(context), conflict_word(context)
    if found is None or conflict is None or conflict[0] != "REPLACE":
        return
    span = conflict[1]
    if found.table is None or not stored_columns(found.table):
        yield Proposal(span, message=_UNKNOWN)
        return
    if found.node.args.get("conflict") is not None:
        yield Proposal(span, message=_TWO)
        return
    removed = without_conflict(context)
    assert removed is not None
    keys = keys_in_play(found)
    referring = _referring(context, found.table)
    if not keys:
        yield Proposal(span, (removed,), Applicability.SAFE)
    elif referring is not None:
        yield Proposal(span, message=_CASCADE.format(table=referring[0], action=referring[1]))
    elif not all(key.is_plain for key in keys):
        yield Proposal(span, message=_PARTIAL)
    elif len(keys) == 1:
        yield Proposal(span, (removed, conflict_action(context, _update(context, found, keys[0]))))
    else:
        rewrites = replacing(context, found, keys)
        yield Proposal(span, rewrites) if rewrites else Proposal(span, message=_PARTIAL)


def _update(context: Context, found: Insert, key: UniqueKey) -> str:
    """Every column as in the new row, the unlisted ones, too: `excluded` has their defaults."""
    assert found.table is not None
    of_key = {
        folded(name) for name, collation in zip(key.columns, key.collations, strict=True) if collation == "BINARY"
    }
    others = [column.name for column in stored_columns(found.table) if folded(column.name) not in of_key]
    if not others:
        others = list(key.columns)
    assignments = ", ".join(f"{names([name])} = excluded.{names([name])}" for name in others)
    target = ", ".join(key_terms(key, found.table, context.target))
    return f"ON CONFLICT ({target}) DO UPDATE SET {assignments}"


def _referring(context: Context, table: Table) -> tuple[str, str] | None:
    """A table whose rows go or change when a row of this one is deleted, and what happens to them."""
    for other in context.catalog:
        for key in other.foreign_keys:
            if folded(key.table) == folded(table.name) and key.on_delete in ("CASCADE", "SET NULL", "SET DEFAULT"):
                return other.name, key.on_delete
    return None
