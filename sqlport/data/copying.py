"""`data copy` from end to end: match, load, compare, keys behind the rows, swap."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlport.data import keys, staging
from sqlport.data.existing import load_existing
from sqlport.data.job import Copied, Event, Wish
from sqlport.data.load import Loaded, Loader
from sqlport.data.match import Matched, from_port, with_existing
from sqlport.data.plan import Table, in_schema
from sqlport.data.source import Snapshot, fingerprint, snapshot, state
from sqlport.data.target import tables_of
from sqlport.data.validating import validated
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

    from sqlport.data.careful import Misfit
    from sqlport.data.compare import TableVerdict
    from sqlport.schema import Loading, NotPorted, PortedSchema
    from sqlport.schema.source import Source


def copy(
    schema: Source,
    connection: psycopg.Connection[Any],
    ported: Callable[[], PortedSchema],
    wish: Wish,
    event: Event,
) -> Copied:
    """Copy a SQLite file into a schema of PostgreSQL. The connection is in autocommit and is not used by others.

    `ported` gives the ported schema, asked only where the target has none of the tables; what the server refuses of
    it is left out and told (`Copied.left`). Raises SqlportError, which says how the target is then.
    """
    from sqlport.schema import loading

    assert schema.path is not None  # the caller has asked for a database
    staging.lock(connection, wish.schema)
    connection.execute("SET synchronous_commit TO off")  # the last commit waits for all of them
    with snapshot(schema.path) as source:
        version = source.version()
        before = fingerprint(schema.path) if wish.validate else state(schema.path)
        there = tables_of(connection, wish.schema)
        matched = with_existing(schema.catalog, there, wish.skipped)
        if matched.tables:
            event("existing", {"tables": len(matched.tables)})
            with _told("the rows that arrived stay" if wish.resumable else "the target is as it was", wish.resumable):
                copied = load_existing(source, connection, matched, schema.next_ids, wish, before, event)
            unread = tuple(f"{problem.place}: {problem.reason}" for problem in schema.problems)
            copied = replace(copied, left=(*unread, *copied.left))
        else:
            parts = loading(staging.tried(connection, wish.schema, ported()))
            matched = from_port(parts, schema.catalog, wish.skipped)
            with _told("the target is as it was", resumable=True):
                copied = _Fresh(source, connection, parts, matched, wish, before, event).copy()
        changed = source.version() != version
    return replace(copied, changed=changed)


@contextmanager
def _told(state: str, resumable: bool) -> Iterator[None]:
    """Errors say how the target is after them, and those that may pass that the copy can go on."""
    import psycopg

    try:
        yield
    except psycopg.Error as error:
        detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
        said = f"PostgreSQL: {' '.join((error.diag.message_primary or str(error)).split())}{detail}; {state}"
        passes = isinstance(error, psycopg.OperationalError)
        more = ", and the same command with --resume goes on" if passes and resumable else ""
        raise SqlportError(f"{said}{more}") from error
    except SqlportError as error:
        raise SqlportError(f"{error}; {state}") from error


class _Fresh:
    """A copy into a schema that has none of the tables: made in a staging schema, and swapped in at the end."""

    def __init__(
        self,
        source: Snapshot,
        connection: psycopg.Connection[Any],
        parts: Loading,
        matched: Matched,
        wish: Wish,
        before: str,
        event: Event,
    ) -> None:
        self._source, self._connection = source, connection
        self._parts, self._matched = parts, matched
        self._wish, self._event = wish, event
        self._place = staging.Place(wish.schema, before, digest(parts, matched, wish))

    def copy(self) -> Copied:
        going = staging.unfinished(self._connection, self._place)
        if self._wish.resume and going:
            self._event("resumed", {})
        else:
            if going is not None:
                self._event("restarted", {"same": going})
            staging.start(self._connection, self._place, self._parts.before)
        loaded = self._rows()
        verdicts = self._validated(loaded) if self._wish.validate else ()
        self._behind()
        misfits = tuple(staging.told(self._connection, self._place))
        self._event("swap", {})
        staging.swap(self._connection, self._place)
        left = tuple(_unported(one) for one in self._parts.not_ported)
        tables = tuple((table, loaded[table.source]) for table in self._matched.tables)
        fingerprint_ = self._place.fingerprint
        return Copied(tables, misfits, left, self._matched.notes, False, fingerprint_, verdicts)

    def _rows(self) -> dict[str, Loaded]:
        """Load what is not loaded yet."""
        done = staging.noted(self._connection, self._place)

        def note(table: Table, position: int, loaded: Loaded) -> None:
            staging.note(self._connection, self._place, table, position, loaded)
            self._event("rows", {"table": table.source, "rows": position, "bytes": loaded.sent})

        wish, schema = self._wish, self._place.staging
        loader = Loader(self._connection, self._source, schema, wish.policies, self._tell, note, wish.batch)
        loaded = {}
        for table in self._matched.tables:
            # Hashes that nobody compares are not taken.
            start, arrived = done.get(table.source, (0, Loaded(checksum=0 if self._wish.validate else None)))
            total = self._source.count(table)
            self._event("table", {"table": table.source, "total": total})
            loaded[table.source] = loader.load(table, total, start, arrived)
        return loaded

    def _tell(self, misfit: Misfit) -> None:
        staging.tell(self._connection, self._place, misfit)
        self._event("misfit", {"table": misfit.table, "what": str(misfit), "done": misfit.done})

    def _validated(self, loaded: Mapping[str, Loaded]) -> tuple[TableVerdict, ...]:
        return validated(
            self._source,
            self._connection,
            self._place.staging,
            [(table, loaded[table.source]) for table in self._matched.tables],
            self._wish.policies,
            staging.told(self._connection, self._place),
            self._event,
        )

    def _behind(self) -> None:
        """Keys, indexes, views and triggers, each noted with its making; then sequences and statistics."""
        by_source = {table.source: table for table in self._matched.tables}
        skipped = self._wish.skipped
        definitions = [
            each
            for each in (*self._parts.behind, *self._parts.sequences)
            if (self._wish.indexes or each.kind == "sequence") and (not skipped or each.of in by_source)
        ]
        connection, place = self._connection, self._place
        for number in range(staging.behind(connection, place), len(definitions)):
            each = definitions[number]
            about = {"done": number, "total": len(definitions), "kind": each.kind, "name": each.name}
            self._event("behind", about)
            with connection.transaction():
                keys.add(connection, place.schemas, each, by_source.get(each.of), self._wish.policies, self._tell)
                staging.behind(connection, place, 1)
        if not self._wish.indexes:
            return  # statistics belong to what comes behind the rows
        self._event("analyze", {})
        for table in self._matched.tables:
            connection.execute(f"ANALYZE {in_schema(place.staging, table.name)}".encode())


def _unported(one: NotPorted) -> str:
    if not one.of:  # the reason tells which it is
        return f"not ported: {one.reason}"
    name = f"{one.kind} {one.name}" + (f" of {one.of}" if one.of.lower() != one.name.lower() else "")
    return f"not ported: {name}: {one.reason}"


def digest(parts: Loading, matched: Matched, wish: Wish) -> str:
    """What tells plans apart: a copy can only be resumed by the same one."""
    texts = [definition.sql for definition in (*parts.before, *parts.behind)]
    texts += [repr(table) for table in matched.tables]
    texts += [wish.policies.words(), str(wish.indexes)]
    return hashlib.sha256("\n".join(texts).encode("utf-8", "surrogatepass")).hexdigest()
