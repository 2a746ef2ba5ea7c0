"""A copy into tables that the application or its ORM has made: all in one transaction, or resumable when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Final

from sqlport.catalog.names import folded
from sqlport.data import keys, staging
from sqlport.data.job import Copied, Event, Wish
from sqlport.data.load import Loaded, Loader
from sqlport.data.match import wants
from sqlport.data.plan import exact, in_schema
from sqlport.data.target import is_filled, sequences_behind, tables_of
from sqlport.data.validating import validated
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

    from sqlport.data.careful import Misfit
    from sqlport.data.match import Matched
    from sqlport.data.plan import Table
    from sqlport.data.source import Snapshot

_KEYS: Final = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', k.conrelid::regclass, k.conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)),
       c.relname
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = to_regnamespace(%s) AND c.relname = ANY (%s)
ORDER BY k.oid
"""
_TRIGGERS: Final = """
SELECT format('ALTER TABLE %%s DISABLE TRIGGER %%I', t.tgrelid::regclass, t.tgname),
       format('ALTER TABLE %%s ENABLE %%s TRIGGER %%I', t.tgrelid::regclass,
              CASE t.tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, t.tgname),
       c.relname
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relnamespace = to_regnamespace(%s) AND c.relname = ANY (%s)
ORDER BY t.oid
"""


def load_existing(
    source: Snapshot,
    connection: psycopg.Connection[Any],
    matched: Matched,
    next_ids: Mapping[str, int],
    wish: Wish,
    fingerprint: str,
    event: Event,
) -> Copied:
    """Load the common columns of tables that are there; foreign keys and triggers rest meanwhile.

    Raises SqlportError, and then nothing is changed; with `wish.resumable` the batches that arrived stay, and
    `--resume` goes on. Tables that have rows are refused unless `wish.truncate`.
    """
    if wanting := _filled(source, tuple(matched.wanting)):
        raise SqlportError("; ".join(wants(matched, name) for name in wanting))
    place = staging.Place(wish.schema, fingerprint, repr((matched.tables, wish.policies.words())))
    going = staging.unfinished(connection, place) if wish.resumable or wish.resume else None
    if wish.resume and not going:
        raise SqlportError(
            f"there is no unfinished copy of this file into the tables of the schema {wish.schema}: "
            "copy without --resume (and with --resumable, if it is to be resumed)"
        )
    misfits: list[Misfit] = []
    done: Mapping[str, tuple[int, Loaded]] = {}
    whole: AbstractContextManager[object] = nullcontext() if wish.resumable else connection.transaction()
    with whole:
        if going and wish.resume:
            event("resumed", {})
            done = staging.noted(connection, place)
            again = staging.again(connection, place)
        else:
            again = _prepared(connection, matched, wish, place)

        def tell(misfit: Misfit) -> None:
            misfits.append(misfit)
            if wish.resumable:
                staging.tell(connection, place, misfit)
            event("misfit", {"table": misfit.table, "what": str(misfit), "done": misfit.done})

        def note(table: Table, position: int, loaded: Loaded) -> None:
            if wish.resumable:
                staging.note(connection, place, table, position, loaded)
            event("rows", {"table": table.source, "rows": position, "bytes": loaded.sent})

        loader = Loader(connection, source, wish.schema, wish.policies, tell, note, wish.batch)
        loaded: list[tuple[Table, Loaded]] = []
        for table in matched.tables:
            start, arrived = done.get(table.source, (0, Loaded(checksum=0 if wish.validate else None)))
            total = source.count(table)
            event("table", {"table": table.source, "total": total})
            loaded.append((table, loader.load(table, total, start, arrived)))
        if wish.resumable:
            misfits = staging.told(connection, place)
        verdicts = (
            validated(source, connection, wish.schema, loaded, wish.policies, misfits, event) if wish.validate else ()
        )
        with connection.transaction():
            _finished(connection, matched, next_ids, again, wish, tell)
            if wish.resumable:
                misfits = staging.told(connection, place)
                staging.give_up(connection, place)
            connection.execute("SET LOCAL synchronous_commit TO on")
    event("analyze", {})
    for table in matched.tables:
        connection.execute(f"ANALYZE {in_schema(wish.schema, table.name)}".encode())
    left = [f"table {name} is not in PostgreSQL: its rows are not copied" for name in _filled(source, matched.absent)]
    left += [each for each in matched.notes if "not copied" in each and each.startswith("column")]
    notes = tuple(each for each in matched.notes if each not in left)
    return Copied(tuple(loaded), tuple(misfits), tuple(left), notes, True, fingerprint, verdicts)


def _filled(source: Snapshot, tables: Sequence[str]) -> list[str]:
    from sqlport.catalog.names import quoted

    query = "SELECT EXISTS (SELECT 1 FROM {})"
    return [name for name in tables if source.connection.execute(query.format(quoted(name))).fetchone()[0]]


def _prepared(connection: psycopg.Connection[Any], matched: Matched, wish: Wish, place: staging.Place) -> list[str]:
    """Take foreign keys and triggers out of the way; the commands that bring them back."""
    names = [table.name for table in matched.tables]
    if wish.truncate:
        _truncate(connection, wish.schema, names)
    else:
        filled = [name for name in names if is_filled(connection, wish.schema, name)]
        if filled:
            raise SqlportError(
                f"{', '.join(sorted(filled))} of the schema {wish.schema} have rows already: empty them, copy into "
                "another --schema, leave them out with --skip, or give --truncate to empty all tables of the copy first"
            )
    connection.execute("SET search_path TO pg_catalog")  # so that the commands name the schemas
    found = [
        row for query in (_KEYS, _TRIGGERS) for row in connection.execute(query, (exact(wish.schema), names)).fetchall()
    ]
    again = [command for _, command, _ in found]
    if wish.resumable:
        staging.start(connection, place, (), again)
    with connection.transaction():
        for command, _, _ in found:
            connection.execute(command.encode())
    return again


def _truncate(connection: psycopg.Connection[Any], schema: str, names: Sequence[str]) -> None:
    import psycopg

    try:
        connection.execute(f"TRUNCATE {', '.join(in_schema(schema, name) for name in names)}".encode())
    except psycopg.errors.FeatureNotSupported as error:  # a table that is not among them refers to one of them
        detail = error.diag.message_detail or error.diag.message_primary
        raise SqlportError(f"--truncate empties only tables of the copy. {detail} Empty both yourself") from error


def _finished(
    connection: psycopg.Connection[Any],
    matched: Matched,
    next_ids: Mapping[str, int],
    again: Sequence[str],
    wish: Wish,
    tell: keys.Tell,
) -> None:
    """Sequences beyond the largest value, foreign keys and triggers as they were."""
    from sqlport.schema import Definition

    there = tables_of(connection, wish.schema)
    mine = {table.name: there[table.name] for table in matched.tables}
    for _, _, sequence, _, largest in list(sequences_behind(connection, wish.schema, mine)):
        connection.execute("SELECT setval(%s, %s)", (sequence, largest))
    for table in matched.tables:
        given = next_ids.get(folded(table.source), 0)
        for column in there[table.name].columns:
            if column.sequence and given and any(each.name == column.name and each.identity for each in table.columns):
                _at_least(connection, column.sequence, given)
    by_regclass = {in_schema(wish.schema, table.name): table for table in matched.tables}
    for command in again:
        owner = next((table for name, table in by_regclass.items() if command.startswith(f"ALTER TABLE {name} ")), None)
        kind = "foreign key" if " ADD CONSTRAINT " in command else "trigger"
        definition = Definition("foreign key" if kind == "foreign key" else "trigger", "", "", command)
        keys.add(connection, (wish.schema, "public"), definition, owner, wish.policies, tell)


def _at_least(connection: psycopg.Connection[Any], sequence: str, number: int) -> None:
    """Make the sequence go on behind the number; SQLite's AUTOINCREMENT never gives an id again."""
    # The name is no part of a query with parameters: it may hold a %.
    row = connection.execute(
        f"SELECT CASE WHEN is_called THEN last_value ELSE 1 END FROM {sequence}".encode()
    ).fetchone()
    assert row is not None  # a sequence has one row
    connection.execute("SELECT setval(%s, %s)", (sequence, max(number, row[0])))
