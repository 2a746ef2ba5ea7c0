"""PostgreSQL has the last word on ported migrations: a statement that it refuses becomes a comment, and is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlport.model import Edit
from sqlport.schema.migrations import Migration
from sqlport.sql import apply, split

if TYPE_CHECKING:
    import psycopg


def settled(migrations: Sequence[Migration], connection: psycopg.Connection[Any]) -> list[Migration]:
    """Run the migrations in order in an empty database, statement by statement.

    What is refused stands in the script as a comment below the reason, and among what is `left`, so that the
    scripts run; whether the schema is whole without it, the comparison with SQLite's tells.
    """
    return [_settled(migration, connection) for migration in migrations]


def _settled(migration: Migration, connection: psycopg.Connection[Any]) -> Migration:
    edits: list[Edit] = []
    left: list[str] = []
    text = migration.sql
    for piece in split(text):
        refusal = _refusal(connection, piece.span.of(text))
        if refusal:
            line = text.count("\n", 0, piece.span.start) + 1
            left.append(f"{migration.name}:{line} (of the port): PostgreSQL refuses it: {refusal}")
            first = text.rfind("\n", 0, piece.span.start) + 1
            lead = "" if text[first : piece.span.start].isspace() or first == piece.span.start else "\n"
            edits.append(Edit(piece.span.start, piece.span.start, f"{lead}-- PostgreSQL refuses this: {refusal}\n-- "))
            at = text.find("\n", piece.span.start, piece.span.end)
            while at >= 0:
                edits.append(Edit(at + 1, at + 1, "-- "))
                at = text.find("\n", at + 1, piece.span.end)
    if not edits:
        return migration
    return replace(migration, sql=apply(text, edits), left=(*migration.left, *left))


def _refusal(connection: psycopg.Connection[Any], sql: str) -> str:
    import psycopg

    try:
        with connection.transaction():
            connection.execute(sql.encode())
    except psycopg.Error as error:
        return " ".join((error.diag.message_primary or str(error)).split())
    return ""
