"""The offline query files of a crate that uses sqlx's macros, made by PostgreSQL without cargo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlport.model import SqlportError

if TYPE_CHECKING:
    from sqlport.config import Config


@dataclass(frozen=True, slots=True)
class Cache:
    """`files` are the contents by name; `refused` the queries without one, each with place and reason."""

    files: dict[str, str]
    refused: tuple[tuple[str, str], ...]
    server: str


def prepare(paths: Sequence[str | Path], config: Config) -> Cache:
    """Describe every query of sqlx's macros below `paths`, as it stands, with the tables that `config` names.

    Raises SqlportError for paths and settings that cannot be used, and where no server can be had.
    """
    from sqlport import project
    from sqlport.engines.postgres import throwaway
    from sqlport.judging import definitions
    from sqlport.report import sqlx_cache
    from sqlport.tables import tables_of
    from sqlport.verify import prepare_schema
    from sqlport.verify.describe import describe

    queries = queries_of(paths, config)
    if not queries:
        raise SqlportError("no query of sqlx's macros was found there; name the folder of a crate that uses them")
    schema = tables_of((), config).project
    files: dict[str, str] = {}
    refused: list[tuple[str, str]] = []
    with throwaway(config.postgres, config.postgres_version) as server:
        prepared = prepare_schema(server, definitions(schema, config, project.rulebook(config)))
        found = describe(server, prepared, [sql for sql, _ in queries])
        server.drop_database(prepared.database)
        for (sql, place), described in zip(queries, found.statements, strict=True):
            if described.problem:
                refused.append((place, described.problem))
                continue
            try:
                files[sqlx_cache.name_of(sql)] = sqlx_cache.content(sql, described, found.custom)
            except KeyError as error:
                refused.append((place, f"sqlx has no name for the type with the OID {error}"))
        return Cache(files, tuple(refused), str(server.info))


def queries_of(paths: Sequence[str | Path], config: Config) -> list[tuple[str, str]]:
    """Each text that a macro of sqlx checks, once, whole as it is written, with its place."""
    from sqlport.files import discover, read_source
    from sqlport.hosts import Settings
    from sqlport.hosts.python.values import Gap
    from sqlport.hosts.rust import Project

    project = Project()
    found: dict[str, str] = {}
    names = [path for path in discover(paths, include=config.include, exclude=config.exclude) if path.endswith(".rs")]
    for path in names:
        project.add(read_source(path), Settings())
    for path in names:
        for text in project.texts(path):
            use = text.use
            pieces = text.value.pieces
            if use.sink.form != "macro" or "_unchecked" in use.name or not pieces:
                continue
            if any(isinstance(piece, Gap) for piece in pieces):
                continue
            sql = "".join(piece.text for piece in pieces if not isinstance(piece, Gap))
            found.setdefault(sql, f"{path}:{use.node.start_point[0] + 1}")
    return list(found.items())
