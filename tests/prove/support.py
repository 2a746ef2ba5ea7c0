"""Pairs of texts put to the proof directly, without the rules that would have made the port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlport.catalog import from_statements
from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.judging import definitions
from sqlport.model import Arguments, Proof, Statement
from sqlport.project import rulebook
from sqlport.prove import Case, Universes, prove
from sqlport.rulebook import Rulebook
from sqlport.sql import read
from sqlport.sql.parameters import numbered
from sqlport.tables import Schema
from sqlport.verify import prepare_schema


def statement(number: int, sql: str, **types: Any) -> Statement:
    """A statement as it is found in a file."""
    arguments = Arguments(passed=bool(types), types=types.get("types", {}))
    return Statement(
        f"s{number}", "app.py", number, 1, number, "python", "sqlite", "execute", "app.py", number, sql,
        arguments=arguments,
    )  # fmt: skip


@cache
def book() -> Rulebook:
    """The rules, read once."""
    return rulebook(Config())


def proofs(
    server: Server,
    schema: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    *,
    runs: int = 2,
    seed: int = 0,
    config: Config | None = None,
    types: Mapping[int | str, str] | None = None,
    ddl: Sequence[str] = (),
) -> list[Proof]:
    """The proof of each pair of a SQLite text and a PostgreSQL text (`$n` for the n-th parameter)."""
    config = config or Config()
    catalog = from_statements([("schema", sql) for sql in schema]).catalog
    tables = Schema("", catalog)
    ddl = list(ddl) or definitions(tables, config, book())
    cases = []
    for number, (original, port) in enumerate(pairs):
        _, keys = numbered(read(original))
        cases.append(Case(statement(number, original, types=types or {}), port, keys))
    prepared = prepare_schema(server, ddl)
    assert not prepared.failures, prepared.failures
    try:
        found = prove(server, prepared, catalog, (tables.definitions, ddl), cases, config.target, Universes(runs, seed))
    finally:
        server.drop_database(prepared.database)
    return [found[f"s{number}"] for number in range(len(pairs))]
