"""The last step before rows are seen: PostgreSQL gives back every value as it was written, or the copy fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlport.data.careful import Misfit
from sqlport.data.compare import TableVerdict, compare
from sqlport.data.job import Event
from sqlport.data.load import Loaded
from sqlport.data.plan import Table
from sqlport.data.policy import Policies
from sqlport.data.source import Snapshot
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg


def validated(
    source: Snapshot,
    connection: psycopg.Connection[Any],
    schema: str,
    loaded: Iterable[tuple[Table, Loaded]],
    policies: Policies,
    misfits: Sequence[Misfit],
    event: Event,
) -> tuple[TableVerdict, ...]:
    """The verdict on every table; `misfits` are those that were met before.

    Raises SqlportError where PostgreSQL does not give back what was written.
    """
    verdicts = []
    for table, arrived in loaded:
        refused = {each.place for each in misfits if each.place is not None and each.table == table.source}
        verdict = compare(source, connection, schema, table, policies, lambda misfit: None, arrived, refused)
        event("validated", {"table": table.source, "same": verdict.same})
        if not verdict.same:
            first = verdict.differences[0]
            raise SqlportError(
                f"{first}: PostgreSQL does not give back what was written (a trigger, a rule or another session?)"
            )
        verdicts.append(verdict)
    return tuple(verdicts)
