"""Whether both sides hold the same rows: a checksum over every value first, and cell by cell where it differs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlport.data.careful import Misfit
from sqlport.data.cells import is_exact, normal
from sqlport.data.differences import RowDifference, differences
from sqlport.data.load import Loaded
from sqlport.data.plan import Table
from sqlport.data.policy import Policies
from sqlport.data.source import Snapshot
from sqlport.data.streams import Rows, of_postgres, of_sqlite

if TYPE_CHECKING:
    import psycopg


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """The rows of a table on both sides. `differences` are the first ones, `more` tells that there are others."""

    table: Table
    sqlite: int
    postgres: int
    same: bool
    differences: tuple[RowDifference, ...] = ()
    more: bool = False


def summed(rows: Rows) -> Loaded:
    """How many rows, their bytes, and the sum of their hashes.

    The order of the rows does not matter, and every one counts. The hash is Python's keyed 64-bit SipHash, so
    that two different tables have the same sum by chance once in 2 to the 64th power.
    """
    count = size = checksum = 0
    for part in rows:
        count += len(part)
        size += sum(map(len, part))
        checksum += sum(map(hash, part))
        part.clear()  # a large value is not kept while the next one is read
    return Loaded(count, size, checksum)


def compare(
    source: Snapshot,
    connection: psycopg.Connection[Any],
    schema: str,
    table: Table,
    policies: Policies,
    tell: Callable[[Misfit], None],
    loaded: Loaded | None = None,
    without: Collection[int] = (),
) -> TableVerdict:
    """Compare every value of a table. `loaded` is what was written by this process, else SQLite is read again.

    `without` are the places of rows that are left out, as PostgreSQL has refused them.
    Values that fit by a policy are compared as the policy changes them; `tell` is told of them.
    """
    exact = is_exact(table)

    def comparable(rows: Rows) -> Rows:
        return rows if exact else ([normal(row, table) for row in part] for part in rows)

    def left(told: Callable[[Misfit], None] = lambda misfit: None) -> Rows:
        return comparable(of_sqlite(source, table, policies, told, lenient=True, without=without))

    def right() -> Rows:
        return comparable(of_postgres(connection, schema, table))

    known = exact and loaded is not None and loaded.checksum is not None
    ours = loaded if known and loaded is not None else summed(left(tell))
    theirs = summed(right())
    if ours == theirs:
        return TableVerdict(table, ours.rows, theirs.rows, True)
    found, more = differences(table, left, right)
    return TableVerdict(table, ours.rows, theirs.rows, not found, tuple(found), more)
