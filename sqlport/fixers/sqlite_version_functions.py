"""FNC018: functions that ask SQLite about itself."""

from __future__ import annotations

from collections.abc import Iterator

from sqlport.fixers import Context, Proposal
from sqlport.fixers._named_calls import named_calls

_ADVICE = {
    "sqlite_version": "this asks for SQLite's version; PostgreSQL's is current_setting('server_version')",
    "sqlite_source_id": "this asks for SQLite's build; PostgreSQL tells its own with version()",
    "sqlite_compileoption_used": "SQLite's compile options mean nothing to PostgreSQL; drop the question",
    "sqlite_compileoption_get": "SQLite's compile options mean nothing to PostgreSQL; drop the question",
    "sqlite_offset": "PostgreSQL has no place of a record in a file; drop the question",
    "sqlite_log": "PostgreSQL has no sqlite_log(); use RAISE in a function, or the program's own log",
    "load_extension": "PostgreSQL loads extensions with CREATE EXTENSION, once for a database",
}


def find(context: Context) -> Iterator[Proposal]:
    """Every call."""
    return named_calls(context, _ADVICE)
