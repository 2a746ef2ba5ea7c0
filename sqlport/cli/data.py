"""`sqlport data`: rows from SQLite to PostgreSQL and back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sqlport.cli import options
from sqlport.cli.loading import Narrator
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

    from sqlport.config import Config
    from sqlport.data.match import Matched
    from sqlport.data.policy import Policies
    from sqlport.schema import Loading
    from sqlport.schema.source import Source

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
_URL = click.argument("url", metavar="[URL]", required=False)


def _settings(command: _Command) -> _Command:
    for option in (
        click.option("--isolated", is_flag=True, help="Read no settings file."),
        click.option("--config", "config_file", type=options.FILE, help="Read the settings from this file."),
        click.option("--profile", type=click.Choice(["faithful", "native"]), help="Which type a column becomes."),
        options.server,
        click.option("--skip", multiple=True, metavar="NAME", help="Leave out a table, or a column: TABLE.COLUMN."),
        click.option(
            "--policy",
            "policies",
            multiple=True,
            metavar="KEY=POLICY",
            help="fail, reject or coerce:RULE for values that do not fit; KEY is TABLE.COLUMN, TABLE.* or a kind.",
        ),
        click.option("--on-misfit", default="fail", metavar="POLICY", help="The policy for all others (fail)."),
    ):
        command = option(command)
    return command


_INTO = click.option("--schema", "into", default="public", metavar="NAME", help="PostgreSQL's schema (public).")


@click.group()
def data() -> None:
    """Move the rows of a SQLite file to PostgreSQL, prove that they are the same, and bring them back.

    The SQLite file is only read. The server is URL, or the one in DATABASE_URL.
    """


@data.command()
@_FILE
@_URL
@_INTO
@click.option("--resume", is_flag=True, help="Go on where an earlier copy of the same file was interrupted.")
@click.option("--resumable", is_flag=True, help="Commit batch by batch into tables that are there, to be resumed.")
@click.option("--batch-size", type=click.IntRange(1), default=4_000_000, help="Bytes of a batch (4,000,000).")
@click.option("--truncate", is_flag=True, help="Empty tables that are there first.")
@click.option("--no-validate", is_flag=True, help="Do not compare every value before the rows are seen.")
@click.option("--no-indexes", is_flag=True, help="Rows only: no keys, indexes, views and triggers.")
@click.option("--rejects", type=options.FILE, help="Write the rejected rows here (sqlport-rejects.jsonl).")
@click.option("--log", type=options.FILE, help="Write what happens to this file, one JSON object a line.")
@_settings
@click.pass_context
def copy(
    ctx: click.Context,
    /,
    file: Path,
    url: str | None,
    into: str,
    resume: bool,
    resumable: bool,
    truncate: bool,
    batch_size: int,
    no_validate: bool,
    no_indexes: bool,
    rejects: Path | None,
    log: Path | None,
    **given: Any,
) -> None:
    """Copy FILE to the server at URL, schema included where the target has none.

    Nothing is seen of the rows before all of them have arrived and every value was compared. Where the tables are
    there already, columns are matched by name. Exit code 1 where something was left out.
    """
    from sqlport.data.copying import copy as run
    from sqlport.data.job import Wish

    policies, skipped = _policies(given), _skipped(given)
    config, source = _source(file, given)
    wish = Wish(into, policies, skipped, resume, not no_validate, not no_indexes, truncate, resumable, batch_size)
    with _connected(url, "copying to") as connection, Narrator(log) as narrator:
        done = run(source, connection, lambda: _ported(config, source), wish, narrator.event)
        narrator.event("done", {"tables": len(done.tables), "rows": done.rows, "rejected": done.rejected})
    narrator.summary(done, file, rejects)
    ctx.exit(1 if done.left or done.rejected or done.changed else 0)


@data.command()
@_FILE
@_URL
@_INTO
@_settings
@click.pass_context
def verify(ctx: click.Context, /, file: Path, url: str | None, into: str, **given: Any) -> None:
    """Compare every value of FILE with the tables at URL; nothing is written on either side.

    Exit code 1 where something differs; the first differences are shown by key.
    """
    from sqlport.data.verifying import verify as run

    policies, skipped = _policies(given), _skipped(given)
    _, source = _source(file, given)
    with _connected(url, "comparing with", read_only=True) as connection, Narrator(None) as narrator:
        found = run(source, connection, into, policies, skipped, narrator.event)
    for line in found.lines():
        click.echo(line)
    ctx.exit(0 if found.same else 1)


@data.command()
@_FILE
@_URL
@_INTO
@click.option("--json", "as_json", is_flag=True, help="A JSON object instead of lines.")
@_settings
@click.pass_context
def check(ctx: click.Context, /, file: Path, url: str | None, into: str, as_json: bool, **given: Any) -> None:
    """Look at every value of FILE and tell what would not fit; nothing is written.

    It is measured by the schema that `data copy` would make, or by the tables at URL. Exit code 1 where a value would
    fail, or its row be rejected.
    """
    from sqlport.data.checking import check as run
    from sqlport.data.source import snapshot

    policies, skipped = _policies(given), _skipped(given)
    config, source = _source(file, given)
    matched = _matched(config, source, url, into, skipped)
    with snapshot(file) as opened, Narrator(None) as narrator:
        found = run(opened, source.catalog, matched, policies, narrator.event)
    if as_json:
        click.echo(json.dumps({**asdict(found), "clean": found.clean}, indent=1))
    else:
        for line in found.lines():
            click.echo(line)
    ctx.exit(0 if found.clean else 1)


def _matched(config: Config, source: Source, url: str | None, into: str, skipped: frozenset[str]) -> Matched:
    """The tables of the file beside those at the URL, else beside those of our port."""
    from sqlport.data.match import from_port, with_existing
    from sqlport.data.target import tables_of
    from sqlport.project import rulebook
    from sqlport.schema import loading, port_schema

    if url:
        with _connected(url, "looking at", read_only=True) as connection:
            there = tables_of(connection, into)
        matched = with_existing(source.catalog, there, skipped)
        if matched.tables:
            return matched
    return from_port(loading(port_schema(source, config.target, rulebook(config))), source.catalog, skipped)


def _source(file: Path, given: dict[str, Any]) -> tuple[Config, Source]:
    from sqlport.schema import read_source

    config = options.configure((str(file),), **given)
    source = read_source(file, config)
    if source.path is None:
        raise SqlportError(f"{file}: is no SQLite file; `data` moves the rows of one")
    for problem in source.problems:
        raise SqlportError(f"{problem.place}: {problem.reason}: the schema has to be read whole before rows are moved")
    return config, source


def _ported(config: Config, source: Source) -> Loading:
    from sqlport.engines.postgres import throwaway
    from sqlport.project import rulebook
    from sqlport.schema import loading, port_schema
    from sqlport.schema.drift import on_server

    schema = port_schema(source, config.target, rulebook(config))
    with throwaway(config.postgres, config.postgres_version) as server:
        sure, _ = on_server(schema, server)
    return loading(sure.schema)


def _policies(given: dict[str, Any]) -> Policies:
    from sqlport.data.policy import parse_policies

    return parse_policies(given.pop("on_misfit"), given.pop("policies"))


def _skipped(given: dict[str, Any]) -> frozenset[str]:
    from sqlport.catalog import folded

    return frozenset(map(folded, given.pop("skip")))


@contextmanager
def _connected(url: str | None, doing: str, *, read_only: bool = False) -> Iterator[psycopg.Connection[Any]]:
    from sqlport.engines.server import connect

    wanted = url or os.environ.get("DATABASE_URL", "")
    if not wanted:
        raise click.UsageError("give the URL of a PostgreSQL database, or set DATABASE_URL")
    settings = "-c default_transaction_read_only=on" if read_only else ""
    with connect(wanted, options=settings) as connection:
        click.echo(f"{doing} {connection.info.dbname} on {connection.info.host}", err=True)
        yield connection
