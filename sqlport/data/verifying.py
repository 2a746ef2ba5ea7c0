"""`data verify` from end to end: rows, keys and sequences of a SQLite file against a schema of PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlport.data.careful import Misfit
from sqlport.data.compare import TableVerdict, compare
from sqlport.data.job import Event
from sqlport.data.match import with_existing
from sqlport.data.plan import exact
from sqlport.data.policy import Policies
from sqlport.data.source import snapshot
from sqlport.data.target import sequences_behind, tables_of
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

    from sqlport.schema.source import Source

_NOT_VALID = """
SELECT k.conrelid::regclass::text, k.conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE c.relnamespace = to_regnamespace(%s) AND NOT k.convalidated ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Verified:
    """The verdict on every table, and in words what else is not as it should be."""

    verdicts: tuple[TableVerdict, ...]
    misfits: tuple[Misfit, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return not self.problems and not self.misfits and all(verdict.same for verdict in self.verdicts)

    def lines(self) -> Iterator[str]:
        """The report, a line for each thing to say."""
        for verdict in self.verdicts:
            if verdict.same:
                continue
            name = verdict.table.source
            if verdict.sqlite != verdict.postgres:
                yield f"{name}: {verdict.sqlite} rows in SQLite, {verdict.postgres} in PostgreSQL"
            yield from map(str, verdict.differences)
            if verdict.more:
                yield f"{name}: there are more differences"
        for misfit in self.misfits[:20]:
            yield f"{misfit}: does not fit, so it cannot be in PostgreSQL as it is"
        yield from self.problems
        yield from self.notes
        rows = sum(verdict.sqlite for verdict in self.verdicts)
        bad = sum(not verdict.same for verdict in self.verdicts)
        state = f"{bad} tables differ" if bad else "every value is the same"
        yield f"{len(self.verdicts)} tables, {rows} rows: {state}" + ("" if self.same or bad else ", but see above")


def verify(
    schema: Source,
    connection: psycopg.Connection[Any],
    into: str,
    policies: Policies,
    skipped: frozenset[str],
    event: Event,
) -> Verified:
    """Compare every value. Values that a policy coerces are compared as it changes them. Raises SqlportError."""
    assert schema.path is not None  # the caller has asked for a database
    misfits: list[Misfit] = []

    def tell(misfit: Misfit) -> None:
        if misfit.done == "fail":
            misfits.append(misfit)

    with snapshot(schema.path) as source, connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        there = tables_of(connection, into)
        matched = with_existing(schema.catalog, there, skipped)
        verdicts = []
        for table in matched.tables:
            verdicts.append(compare(source, connection, into, table, policies, tell))
            event("validated", {"table": table.source, "same": verdicts[-1].same})
        mine = {table.name: there[table.name] for table in matched.tables}
        if matched.absent and not matched.tables:
            raise SqlportError(
                f"none of the {len(matched.absent)} tables of {schema.path} is in the schema {into} of the database; "
                "copy them first, or name another schema by --schema"
            )
        problems = [f"table {name} is not in PostgreSQL" for name in matched.absent]
        problems += [
            f"{problem.place}: {problem.reason}"
            for problem in schema.problems
            if problem.reason.startswith("the table")
        ]
        problems += [each for each in matched.notes if each.startswith("column") and "not copied" in each]
        problems += [
            f"{table} ({constraint}): was not validated, so rows may break it"
            for table, constraint in connection.execute(_NOT_VALID, (exact(into),)).fetchall()
        ]
        problems += [
            f"{table}.{column}: the next number of {sequence} is {last + 1}, but {largest} is taken"
            for table, column, sequence, last, largest in sequences_behind(connection, into, mine)
        ]
    notes = tuple(each for each in matched.notes if each not in problems)
    return Verified(tuple(verdicts), tuple(misfits), tuple(problems), notes)
