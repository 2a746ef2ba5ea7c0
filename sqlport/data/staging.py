"""The schema that rows are loaded into before anybody sees them, its notes of how far they are, and the swap."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlport.data.careful import Misfit
from sqlport.data.load import Loaded
from sqlport.data.plan import exact, in_schema
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

    from sqlport.data.plan import Table
    from sqlport.schema import Definition, PortedSchema

_LOAD, _PROGRESS, _REJECTS = "sqlport_load", "sqlport_progress", "sqlport_rejects"
_LOCK: Final = 0x73716C70  # `sqlp`: one copy into a schema of a database at a time
_OBJECTS: Final = """
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
       quote_ident(c.relname)
FROM pg_class c
WHERE c.relnamespace = to_regnamespace(%(schema)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
  AND c.relname <> ALL (%(own)s)
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                  AND d.deptype IN ('a', 'i', 'e') AND d.refclassid = 'pg_class'::regclass AND c.relkind = 'S')
UNION ALL
SELECT 'FUNCTION', p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = to_regnamespace(%(schema)s)
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows go: the schema `target`, loaded as `staging`. `source` is what the file's fingerprint was."""

    target: str
    fingerprint: str
    plan: str

    @property
    def staging(self) -> str:
        """The name of the schema that is loaded into."""
        return f"sqlport_load_{self.target}"[:63]

    @property
    def schemas(self) -> tuple[str, ...]:
        """The search path of the definitions; extensions are in the later ones."""
        return self.staging, self.target, "public"

    def notes(self, name: str) -> str:
        """A table of notes, as it stands in a query with parameters."""
        return in_schema(self.staging, name).replace("%", "%%")


def lock(connection: psycopg.Connection[Any], target: str, *, patience: float = 5.0) -> None:
    """Keep other copies out of the schema until the connection ends. Raises SqlportError when one is at work.

    The server may need a moment to see that the process of an earlier copy is gone: that long it is waited.
    """
    import time

    until = time.monotonic() + patience
    while True:
        row = connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", (_LOCK, target)).fetchone()
        if row and row[0]:
            return
        if time.monotonic() > until:
            raise SqlportError(f"another copy into the schema {target} is at work: wait until it is done")
        time.sleep(0.1)


def unfinished(connection: psycopg.Connection[Any], place: Place) -> bool | None:
    """Whether an unfinished copy of the same file by the same plan is there; None where there is none at all."""
    with suppress_missing():
        row = connection.execute(
            f"SELECT fingerprint = %s AND plan = %s FROM {place.notes(_LOAD)}".encode(),
            (place.fingerprint, place.plan),
        ).fetchone()
        return bool(row and row[0])
    row = connection.execute("SELECT to_regnamespace(%s) IS NOT NULL", (exact(place.staging),)).fetchone()
    return False if row and row[0] else None


def suppress_missing() -> suppress:
    """A block that may find no such table."""
    import psycopg

    return suppress(psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)


def start(
    connection: psycopg.Connection[Any], place: Place, before: Sequence[Definition] = (), again: Sequence[str] = ()
) -> None:
    """Make the schema anew, with its notes and the tables.

    `again` are commands to run at the end, kept for a resumed copy. Raises SqlportError for what the server refuses.
    """
    staging = exact(place.staging)
    connection.execute(f"DROP SCHEMA IF EXISTS {staging} CASCADE".encode())
    with connection.transaction():
        connection.execute(f"CREATE SCHEMA {staging}".encode())
        connection.execute(
            f"CREATE TABLE {staging}.{_LOAD} (fingerprint text, plan text, behind bigint DEFAULT 0, again text[]);"
            f"CREATE TABLE {staging}.{_PROGRESS} (source text PRIMARY KEY, place bigint, rows bigint, sent bigint);"
            f"CREATE TABLE {staging}.{_REJECTS} (number bigint GENERATED ALWAYS AS IDENTITY, misfit json)".encode()
        )
    run(connection, (place.target, "public"), [each for each in before if each.kind == "extension"])
    run(connection, place.schemas, [each for each in before if each.kind != "extension"])
    with connection.transaction():
        connection.execute(
            f"INSERT INTO {place.notes(_LOAD)} (fingerprint, plan, again) VALUES (%s, %s, %s)".encode(),
            (place.fingerprint, place.plan, list(again)),
        )


def tried(connection: psycopg.Connection[Any], target: str, schema: PortedSchema) -> PortedSchema:
    """The schema without what this very server refuses of it, found out on empty tables before a row is read.

    Extensions stay, in the schema `target`. Raises SqlportError where one is not to be had.
    """
    from sqlport.schema import confirmed

    name = f"sqlport_try_{target}"[:63]
    drop = f"DROP SCHEMA IF EXISTS {exact(name)} CASCADE".encode()
    connection.execute(drop)
    if (connection.execute("SELECT to_regnamespace(%s)", (exact(target),)).fetchone() or (None,))[0] is None:
        connection.execute(f"CREATE SCHEMA {exact(target)}".encode())
    run(connection, (target, "public"), schema.of_kind("extension"))
    connection.execute(f"CREATE SCHEMA {exact(name)}".encode())
    try:
        run(connection, (name, target, "public"), ())
        return confirmed(schema, connection).schema
    finally:
        if not connection.closed:
            connection.execute(drop)


def run(connection: psycopg.Connection[Any], schemas: Sequence[str], definitions: Sequence[Definition]) -> None:
    """Run definitions with these schemas as the search path. Raises SqlportError, naming the one that is refused."""
    import psycopg

    path = ", ".join(map(exact, dict.fromkeys(schemas)))
    connection.execute(f"SET search_path TO {path}".encode())
    for definition in definitions:
        try:
            connection.execute(definition.sql.encode())
        except psycopg.Error as error:
            raise refused(definition, error) from error


def refused(definition: Definition, error: psycopg.Error) -> SqlportError:
    """What the server says to a definition."""
    said = (error.diag.message_primary or str(error)).strip()
    detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
    where = f" of {definition.of}" if definition.of and definition.of != definition.name else ""
    name = definition.name or " ".join(definition.sql.split())
    return SqlportError(f"PostgreSQL refuses the {definition.kind} {name}{where}: {said}{detail}")


def note(connection: psycopg.Connection[Any], place: Place, table: Table, position: int, loaded: Loaded) -> None:
    """Keep how far a table is, in the transaction that is open."""
    connection.execute(
        f"INSERT INTO {place.notes(_PROGRESS)} VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (source) DO UPDATE"
        " SET place = excluded.place, rows = excluded.rows, sent = excluded.sent".encode(),
        (table.source, position, loaded.rows, loaded.sent),
    )


def noted(connection: psycopg.Connection[Any], place: Place) -> Mapping[str, tuple[int, Loaded]]:
    """How far each table is: the place behind its last row, and what arrived."""
    rows = connection.execute(f"SELECT source, place, rows, sent FROM {in_schema(place.staging, _PROGRESS)}".encode())
    return {source: (position, Loaded(count, sent, None)) for source, position, count, sent in rows.fetchall()}


def behind(connection: psycopg.Connection[Any], place: Place, more: int = 0) -> int:
    """How many of the definitions behind the rows are made; `more` are noted in the transaction that is open."""
    row = connection.execute(
        f"UPDATE {place.notes(_LOAD)} SET behind = behind + %s RETURNING behind".encode(), (more,)
    ).fetchone()
    assert row is not None  # made with the schema
    return int(row[0])


def again(connection: psycopg.Connection[Any], place: Place) -> list[str]:
    """The commands that were kept for the end."""
    row = connection.execute(f"SELECT again FROM {in_schema(place.staging, _LOAD)}".encode()).fetchone()
    assert row is not None  # made with the schema
    return list(row[0])


def tell(connection: psycopg.Connection[Any], place: Place, misfit: Misfit) -> None:
    """Keep a misfit, in the transaction that is open."""
    connection.execute(
        f"INSERT INTO {place.notes(_REJECTS)} (misfit) VALUES (%s)".encode(),
        (json.dumps(asdict(misfit)),),
    )


def told(connection: psycopg.Connection[Any], place: Place) -> list[Misfit]:
    """The misfits that were kept, in order."""
    rows = connection.execute(f"SELECT misfit FROM {in_schema(place.staging, _REJECTS)} ORDER BY number".encode())
    return [Misfit(**found) for (found,) in rows.fetchall()]


def swap(connection: psycopg.Connection[Any], place: Place) -> None:
    """Put everything that was loaded into the target schema, in one transaction, and end the staging schema."""
    target = exact(place.target)
    with connection.transaction():
        connection.execute(f"SET LOCAL search_path TO {exact(place.staging)}".encode())
        own = [_LOAD, _PROGRESS, _REJECTS]
        for kind, name in connection.execute(_OBJECTS, {"schema": exact(place.staging), "own": own}).fetchall():
            connection.execute(f"ALTER {kind} {name} SET SCHEMA {target}".encode())
        connection.execute("SET LOCAL synchronous_commit TO on")
        connection.execute(f"DROP SCHEMA {exact(place.staging)} CASCADE".encode())


def give_up(connection: psycopg.Connection[Any], place: Place) -> None:
    """Remove what was loaded so far."""
    connection.execute(f"DROP SCHEMA IF EXISTS {exact(place.staging)} CASCADE".encode())
