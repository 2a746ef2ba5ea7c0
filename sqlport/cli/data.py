"""`sqlport data`: rows from SQLite to PostgreSQL and back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sqlport.cli import options
from sqlport.cli.loading import Narrator
from sqlport.model import SqlportError

if TYPE_CHECKING:
    import psycopg

    from sqlport.config import Config
    from sqlport.data.job import Copied
    from sqlport.data.match import Matched
    from sqlport.data.policy import Policies
    from sqlport.replaying import Replayed
    from sqlport.schema import PortedSchema
    from sqlport.schema.source import Source

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
_URL = click.argument("url", metavar="[URL]", required=False)
_SKIP = click.option("--skip", multiple=True, metavar="NAME", help="Leave out a table, or a column: TABLE.COLUMN.")


def _settings(command: _Command) -> _Command:
    for option in (
        click.option("--isolated", is_flag=True, help="Read no settings file."),
        click.option("--config", "config_file", type=options.FILE, help="Read the settings from this file."),
        click.option("--profile", type=click.Choice(["faithful", "native"]), help="Which type a column becomes."),
        options.server,
        _SKIP,
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


_BACKUPS = Path(".sqlport/backup")
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
@click.option("--batch-size", type=click.IntRange(1), default=8_000_000, help="Bytes of a batch (8,000,000).")
@click.option("--truncate", is_flag=True, help="Empty tables that are there first.")
@click.option("--no-validate", is_flag=True, help="Do not compare every value before the rows are seen.")
@click.option("--no-indexes", is_flag=True, help="Rows only: no keys, indexes, views and triggers.")
@click.option("--backup", type=click.Path(path_type=Path), default=_BACKUPS, help=f"Folder of backups ({_BACKUPS}).")
@click.option("--no-backup", is_flag=True, help="Make no backup of FILE before anything starts.")
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
    backup: Path,
    no_backup: bool,
    rejects: Path | None,
    log: Path | None,
    **given: Any,
) -> None:
    """Copy FILE to the server at URL, schema included where the target has none.

    Nothing is seen of the rows before all of them have arrived and every value was compared. Where the tables are
    there already, columns are matched by name. Exit code 1 where something was left out.
    """
    from sqlport.data.backup import back_up
    from sqlport.data.copying import copy as run
    from sqlport.data.job import Wish
    from sqlport.data.source import fingerprint

    policies, skipped = _policies(given), _skipped(given)
    config, source = _source(file, given)
    wish = Wish(into, policies, skipped, resume, not no_validate, not no_indexes, truncate, resumable, batch_size)
    with _connected(url, "copying to") as connection, Narrator(log) as narrator:
        kept = None if no_backup else back_up(file, backup, fingerprint(file))
        narrator.event("backup", {"manifest": str(kept)})
        done = run(source, connection, lambda: _ported(config, source), wish, narrator.event)
        narrator.event("done", {"tables": len(done.tables), "rows": done.rows, "rejected": done.rejected})
    narrator.summary(done, file, rejects)
    click.echo(_way_back(done, file, into, kept), err=True)
    ctx.exit(1 if done.left or done.rejected or done.changed else 0)


@data.command()
@_FILE
@_URL
@_INTO
@click.option(
    "--queries",
    multiple=True,
    type=click.Path(),
    metavar="PATH",
    help="Also run the queries of this code on both sides; may be repeated.",
)
@_settings
@click.pass_context
def verify(
    ctx: click.Context, /, file: Path, url: str | None, into: str, queries: tuple[str, ...], **given: Any
) -> None:
    """Compare every value of FILE with the tables at URL; nothing is written on either side.

    Exit code 1 where something differs; the first differences are shown by key. With --queries the queries of the
    code base are run on both sides, with parameters from the rows: what they return is compared, and timed.
    """
    from sqlport.data.verifying import verify as run
    from sqlport.replaying import lines

    policies, skipped = _policies(given), _skipped(given)
    settings = options.configure(queries, **given) if queries else None
    _, source = _source(file, given)
    with _connected(url, "comparing with", read_only=True) as connection:
        with Narrator(None) as narrator:
            found = run(source, connection, into, policies, skipped, narrator.event)
        replayed = _replayed(queries, settings, file, connection, into) if settings is not None else ()
    for line in (*found.lines(), *(lines(replayed) if queries else ())):
        click.echo(line)
    ctx.exit(0 if found.same and all(one.kind != "differs" for one in replayed) else 1)


def _replayed(
    queries: tuple[str, ...], config: Config, file: Path, connection: psycopg.Connection[Any], into: str
) -> tuple[Replayed, ...]:
    from sqlport.cli.progress import Bar
    from sqlport.project import replay

    with Bar() as progress:
        return replay(queries, config, file.absolute(), connection, into, progress=progress)


@data.command()
@click.argument("file", metavar="NEW_FILE", type=click.Path(path_type=Path))
@_URL
@_INTO
@click.option("--like", type=options.FILE, help="The original, or the manifest of its backup (the latest backup).")
@_SKIP
@click.pass_context
def restore(
    ctx: click.Context, /, file: Path, url: str | None, into: str, like: Path | None, skip: tuple[str, ...]
) -> None:
    """Bring the rows at URL back into NEW_FILE, with the schema of the original SQLite file.

    Rows that were added or changed in PostgreSQL come, too. Exit code 1 where PostgreSQL has what the original has
    no place for, or lacks a table of it.
    """
    from sqlport.data.backup import newest, original_from
    from sqlport.data.restoring import restore as run

    found = like or newest(_BACKUPS)
    if found is None:
        raise SqlportError(f"{_BACKUPS}: holds no backup; name the original SQLite file by --like")
    original = original_from(found)
    with _connected(url, "reading from", read_only=True) as connection, Narrator(None) as narrator:
        done = run(file, original, connection, into, narrator.event, _skipped({"skip": skip}))
    for line in (*done.left, *done.notes):
        click.echo(line, err=True)
    rows = sum(count for _, count in done.tables)
    click.echo(f"{file}: {len(done.tables)} tables, {rows} rows, every value compared")
    ctx.exit(1 if done.left else 0)


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
        unread = tuple(f"{problem.place}: {problem.reason}" for problem in source.problems)
        found = replace(found, notes=(*found.notes, *unread))
    if as_json:
        click.echo(json.dumps({**asdict(found), "clean": found.clean}, indent=1))
    else:
        for line in found.lines():
            click.echo(line)
    ctx.exit(0 if found.clean else 1)


def _way_back(done: Copied, file: Path, into: str, manifest: Path | None) -> str:
    """How to go back, for the person who has just come here."""
    like = f" --like {manifest}" if manifest is not None else f" --like {file}"
    lines = ["the way back:"]
    if manifest is not None:
        from sqlport.data.backup import read_manifest

        told = read_manifest(manifest)
        lines.append(f"  {file} is unchanged; its backup is {manifest.with_name(told.file)} (SHA-256 {told.sha256})")
    else:
        known = f" (SHA-256 {done.fingerprint})" if done.verdicts else ""
        lines.append(f"  {file} is unchanged{known}")
    lines.append(f"  rows that PostgreSQL gets from now on: sqlport data restore NEW_FILE URL --schema {into}{like}")
    return "\n".join(lines)


def _matched(config: Config, source: Source, url: str | None, into: str, skipped: frozenset[str]) -> Matched:
    """The tables of the file beside those at the URL, else beside those of our port."""
    from sqlport.data.match import from_port, with_existing
    from sqlport.data.target import tables_of
    from sqlport.schema import loading

    if url:
        with _connected(url, "looking at", read_only=True) as connection:
            there = tables_of(connection, into)
        matched = with_existing(source.catalog, there, skipped)
        if matched.tables:
            return matched
    return from_port(loading(_ported(config, source)), source.catalog, skipped)


def _source(file: Path, given: dict[str, Any]) -> tuple[Config, Source]:
    from sqlport.schema import read_source

    config = options.configure((str(file),), **given)
    source = read_source(file, config)
    if source.path is None:
        raise SqlportError(f"{file}: is no SQLite file; `data` moves the rows of one")
    return config, source


def _ported(config: Config, source: Source) -> PortedSchema:
    from sqlport.project import rulebook
    from sqlport.schema import port_schema

    return port_schema(source, config.target, rulebook(config))


def _policies(given: dict[str, Any]) -> Policies:
    from sqlport.data.policy import parse_policies

    return parse_policies(given.pop("on_misfit"), given.pop("policies"))


def _skipped(given: dict[str, Any]) -> frozenset[str]:
    from sqlport.catalog import folded

    return frozenset(map(folded, given.pop("skip")))


@contextmanager
def _connected(url: str | None, doing: str, *, read_only: bool = False) -> Iterator[psycopg.Connection[Any]]:
    import psycopg

    from sqlport.engines.server import connect

    wanted = url or os.environ.get("DATABASE_URL", "")
    if not wanted:
        raise click.UsageError("give the URL of a PostgreSQL database, or set DATABASE_URL")
    settings = "-c default_transaction_read_only=on" if read_only else ""
    with connect(wanted, options=settings) as connection:
        click.echo(f"{doing} {connection.info.dbname} on {connection.info.host}", err=True)
        try:
            yield connection
        except psycopg.Error as error:
            said = " ".join((error.diag.message_primary or str(error)).split())
            raise SqlportError(f"PostgreSQL: {said}") from error
