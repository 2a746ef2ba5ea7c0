"""The last step before rows are seen: PostgreSQL gives back every value as it was written, or the copy fails."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

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
    event: Event,
) -> tuple[TableVerdict, ...]:
    """The verdict on every table. Raises SqlportError where PostgreSQL does not give back what was written."""
    verdicts = []
    for table, arrived in loaded:
        verdict = compare(source, connection, schema, table, policies, lambda misfit: None, arrived)
        event("validated", {"table": table.source, "same": verdict.same})
        if not verdict.same:
            first = verdict.differences[0]
            raise SqlportError(
                f"{first}: PostgreSQL does not give back what was written (a trigger, a rule or another session?); "
                "nothing of the target was changed"
            )
        verdicts.append(verdict)
    return tuple(verdicts)
