"""UPS001: INSERT OR IGNORE, as ON CONFLICT DO NOTHING."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import Insert, conflict_action, conflict_word, inserted, without_conflict

_NULL = (
    "OR IGNORE skips this row, since {column} is NOT NULL; ON CONFLICT DO NOTHING does not, and PostgreSQL raises:"
    " leave the row out, or select the rows WHERE the value IS NOT NULL"
)
_TWO = "OR IGNORE beside an ON CONFLICT clause has two actions for one row; PostgreSQL knows one: choose it"


def find(context: Context) -> Iterator[Proposal]:
    """The statement, if it is INSERT OR IGNORE."""
    found, conflict = inserted(context), conflict_word(context)
    if found is None or conflict is None or conflict[0] != "IGNORE":
        return
    removed = without_conflict(context)
    assert removed is not None
    if found.node.args.get("conflict") is not None:
        yield Proposal(conflict[1], message=_TWO)
        return
    column = _missing(found)
    if column:
        yield Proposal(conflict[1], message=_NULL.format(column=column))
    else:
        yield Proposal(conflict[1], (removed, conflict_action(context, "ON CONFLICT DO NOTHING")))


def _missing(found: Insert) -> str:
    """A NOT NULL column that the statement plainly gives no value."""
    for column in found.table.columns if found.table is not None else ():
        if not column.not_null or column.rowid_alias or column.generated:
            continue
        if any(isinstance(value, exp.Null) for value in found.values_of(column.name)):
            return column.name
        if found.written and column.name.lower() not in found.given() and column.default is None:
            return column.name
    return ""
