"""UPS003: INSERT or UPDATE OR ABORT, FAIL and ROLLBACK: what happens to the transaction on an error."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._inserts import conflict_word, inserted, without_conflict
from sqlport.model import Applicability

_FAIL = (
    "OR FAIL keeps the rows before the one that failed, PostgreSQL none of the statement; insert the rows one by one,"
    " each in a savepoint, or leave OR FAIL out if that is not relied on"
)
_ROLLBACK = (
    "OR ROLLBACK ends the transaction on a conflict; PostgreSQL leaves it open, but aborted: leave OR ROLLBACK out and"
    " call rollback() where the error is caught"
)


def find(context: Context) -> Iterator[Proposal]:
    """The clause, of either statement."""
    conflict = conflict_word(context)
    removed = without_conflict(context)
    if conflict is None or removed is None:
        return
    word, span = conflict
    if word == "ABORT" or (word == "FAIL" and _one_row(context)):
        yield Proposal(span, (removed,), Applicability.SAFE)
    elif word in ("FAIL", "ROLLBACK"):
        yield Proposal(span, message=_FAIL if word == "FAIL" else _ROLLBACK)


def _one_row(context: Context) -> bool:
    found = inserted(context)
    return found is not None and len(found.rows) == 1
