"""A SQLite schema against a PostgreSQL one: both are read, a throwaway server keeps the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlport.catalog import scripts as migrations
from sqlport.catalog.names import kept
from sqlport.model import ServerInfo, SqlportError
from sqlport.schema.compare import Difference, compare
from sqlport.schema.confirm import Confirmed, confirmed
from sqlport.schema.expected import expected_shape
from sqlport.schema.from_postgres import read_postgres
from sqlport.schema.port import NotPorted, PortedSchema
from sqlport.schema.shape import Shape

if TYPE_CHECKING:
    import psycopg

    from sqlport.engines.server import Server
    from sqlport.schema.source import Source


@dataclass(frozen=True, slots=True)
class Drift:
    """What is not as the SQLite schema says.

    `known` are the parts that the port itself leaves out (nothing in `differences` is about them), `server`
    the one that judged.
    """

    differences: tuple[Difference, ...]
    known: tuple[NotPorted, ...]
    server: ServerInfo


def drift(origin: Source, schema: PortedSchema, target: str, server: Server) -> Drift:
    """Compare the schema with `target`: a server's URL, or a folder or file of PostgreSQL migrations.

    Raises SqlportError for a target that cannot be read or applied.
    """
    sure, ours = on_server(schema, server)
    with _opened(target, server) as connection:
        row = connection.execute("SELECT current_schema()").fetchone()
        actual = read_postgres(connection, str(row[0]) if row and row[0] else "public")
    expected = expected_shape(sure.schema, ours, origin.next_ids)
    differences, known = apart(compare(expected, actual), sure.schema.not_ported)
    return Drift(differences, known, server.info)


def on_server(schema: PortedSchema, server: Server) -> tuple[Confirmed, Shape]:
    """What the throwaway server took of the schema, and how it keeps it."""
    with scratch_database(server) as connection:
        return confirmed(schema, connection, server.info), read_postgres(connection)


def apart(
    differences: Sequence[Difference], lost: Sequence[NotPorted]
) -> tuple[tuple[Difference, ...], tuple[NotPorted, ...]]:
    """The differences without those that only repeat what is known not to be ported, and what of it is so."""
    left = list(differences)
    for one in lost:
        explained = next((each for each in left if each.what != "extra" and _explains(one, each)), None)
        if explained is not None:
            left.remove(explained)
    return tuple(left), tuple(lost)


def _explains(lost: NotPorted, difference: Difference) -> bool:
    table = kept(lost.of)
    columns = ", ".join(map(kept, lost.columns))
    if lost.kind == "foreign key":
        return (
            difference.kind == lost.kind
            and difference.where == table
            and difference.expected.startswith(f"({columns})")
        )
    if lost.kind in ("index", "trigger"):
        return difference.kind == lost.kind and difference.where == f"{table}.{kept(lost.name)}"
    if lost.kind in ("default", "generated"):
        kind = {"default": "default", "generated": "generated column"}[lost.kind]
        return difference.kind == kind and difference.where == f"{table}.{columns}"
    return difference.kind == lost.kind and difference.where == table


def applied(target: str | Path, connection: psycopg.Connection[Any]) -> list[Path]:
    """Run the scripts of a folder, or a script, in one transaction; the scripts that were run.

    Raises SqlportError with the file and the line of what the server refuses; then nothing is applied.
    """
    import psycopg

    files = scripts(Path(target))
    with connection.transaction():
        for file in files:
            text = file.read_text(encoding="utf-8")
            try:
                connection.execute(text.encode())
            except psycopg.Error as error:
                position = error.diag.statement_position
                line = text.count("\n", 0, int(position) - 1) + 1 if position else 1
                message = error.diag.message_primary or str(error).strip()
                raise SqlportError(f"{file}:{line}: {error.sqlstate} {message}; nothing was applied") from None
    return files


def scripts(target: Path) -> list[Path]:
    """The `.sql` files that make a schema, in the order of their names (`*.down.sql` and their like are not)."""
    if not target.exists():
        raise SqlportError(f"{target}: no such file or folder; give PostgreSQL migrations or a postgresql:// URL")
    found = migrations.scripts(target, "postgres")
    if not found:
        raise SqlportError(f"{target}: holds no .sql file; `sqlport schema port SOURCE --out {target}` writes one")
    return found


@contextmanager
def scratch_database(server: Server) -> Iterator[psycopg.Connection[Any]]:
    """A connection to a new database that is dropped when the block ends."""
    with (
        server.database(owner=server.owner) as name,
        server.connect(name, user=server.owner or None) as connection,
    ):
        yield connection


@contextmanager
def _opened(target: str, server: Server) -> Iterator[psycopg.Connection[Any]]:
    from sqlport.engines.server import connect

    if target.startswith(("postgresql://", "postgres://")):
        with connect(target, options="-c default_transaction_read_only=on") as connection:
            yield connection
        return
    with scratch_database(server) as connection:
        applied(target, connection)
        yield connection
