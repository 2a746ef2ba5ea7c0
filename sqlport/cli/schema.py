"""`sqlport schema`: whole schemas, from SQLite to PostgreSQL."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sqlport.cli import options
from sqlport.model import SqlportError

if TYPE_CHECKING:
    from sqlport.config import Config
    from sqlport.engines.server import Server
    from sqlport.schema.port import NotPorted, PortedSchema
    from sqlport.schema.source import Source

_Command = TypeVar("_Command", bound=Callable[..., Any])
_UP, _DOWN = "001_initial_schema.up.sql", "001_initial_schema.down.sql"
_SQLITE = click.argument("source", metavar="SOURCE")


def _settings(command: _Command) -> _Command:
    for option in (
        click.option("--isolated", is_flag=True, help="Read no settings file."),
        click.option("--config", "config_file", type=options.FILE, help="Read the settings from this file."),
        click.option("--profile", type=click.Choice(["faithful", "native"]), help="Which type a column becomes."),
        options.server,
    ):
        command = option(command)
    return command


@click.group()
def schema() -> None:
    """Port, apply, compare and document a whole schema.

    SOURCE is a SQLite file (which is only read), a folder of SQLite migrations (`.sql`, applied in the order of
    their names), one such script, or code.
    """


@schema.command()
@_SQLITE
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write to.")
@click.option("--force", is_flag=True, help="Replace scripts that are there.")
@click.option("--per-migration", is_flag=True, help="Port each SQLite migration instead of the schema they make.")
@_settings
@click.pass_context
def port(ctx: click.Context, /, source: str, out: Path, force: bool, per_migration: bool, **given: Any) -> None:
    """Write the schema as PostgreSQL migrations, up and down.

    A throwaway server confirms it. What PostgreSQL has no place for is a comment at the end of the script, and
    makes the exit code 1.
    """
    from sqlport.engines.postgres import throwaway
    from sqlport.schema import down_sql, up_sql
    from sqlport.schema.drift import on_server

    config, read, ported = _ported(source, given)
    if per_migration:
        ctx.exit(_each(out, config, read, ported, force=force))
    with throwaway(config.postgres, config.postgres_version) as server:
        sure, _ = on_server(ported, server)
    heading = f"The schema of {read.label} for PostgreSQL, made by `sqlport schema port`."
    _write(out / _UP, up_sql(sure.schema, f"{heading}\nApplied on {sure.server}."), force=force)
    _write(out / _DOWN, down_sql(sure.schema, heading), force=force)
    click.echo(f"{out / _UP}: {_counts(sure.schema)}; applied on {sure.server}", err=True)
    for key, seen in sure.schema.observed.items():
        if seen.mixed:
            policy = f"`sqlport data copy` makes text of it with --policy {key}=coerce:text, and not unasked"
            click.echo(f"{key} becomes {seen.type}: {seen.reason}; {policy}", err=True)
    _tell_lost(sure.schema.not_ported)
    ctx.exit(1 if sure.schema.not_ported else 0)


@schema.command()
@click.argument("folder", metavar="DIR", type=click.Path(exists=True))
@click.argument("url", required=False)
@_settings
def apply(folder: str, url: str | None, **given: Any) -> None:
    """Run the scripts of DIR on the server at URL (or DATABASE_URL); on a throwaway server without one.

    All scripts are one transaction; `*.down.sql` are left out.
    """
    from sqlport.engines.postgres import throwaway
    from sqlport.engines.server import connect, masked
    from sqlport.schema.drift import applied

    wanted = url or os.environ.get("DATABASE_URL", "")
    if wanted:
        with connect(wanted) as connection:
            click.echo(f"applying to {connection.info.dbname} on {connection.info.host}", err=True)
            done = applied(folder, connection)
        click.echo(f"{len(done)} scripts applied to {masked(wanted)}", err=True)
        return
    config = options.configure((folder,), **given)
    with (
        throwaway(config.postgres, config.postgres_version) as server,
        server.database(owner=server.owner) as name,
        server.connect(name, user=server.owner or None) as connection,
    ):
        done = applied(folder, connection)
        click.echo(f"{len(done)} scripts apply on {server.info} (a throwaway: nothing is kept)", err=True)


@schema.command()
@_SQLITE
@click.argument("target", metavar="[TARGET]", required=False)
@click.option("--allow-not-ported", is_flag=True, help="Exit 0 where all that is missing was not ported.")
@_settings
@click.pass_context
def diff(ctx: click.Context, /, source: str, target: str | None, allow_not_ported: bool, **given: Any) -> None:
    """Compare SOURCE with TARGET: a postgresql:// URL, or a folder or file of PostgreSQL migrations.

    Without TARGET the server in DATABASE_URL is compared. Nothing is written on either side.
    Exit code 1 where they differ.
    """
    from sqlport.engines.postgres import throwaway
    from sqlport.schema.drift import drift

    wanted = target or os.environ.get("DATABASE_URL", "")
    if not wanted:
        raise click.UsageError("give TARGET (a URL, or PostgreSQL migrations), or set DATABASE_URL", ctx)
    config, read, ported = _ported(source, given)
    with throwaway(config.postgres, config.postgres_version) as server:
        found = drift(read, ported, wanted, server)
    for difference in found.differences:
        click.echo(str(difference))
    _tell_lost(found.known)
    count = len(found.differences)
    besides = f" besides the {len(found.known)} above that are not ported" if found.known else ""
    click.echo(f"{count or 'no'} difference{'' if count == 1 else 's'}{besides}; compared on {found.server}", err=True)
    ctx.exit(1 if found.differences or (found.known and not allow_not_ported) else 0)


@schema.command()
@_SQLITE
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=".", help="Folder to write to.")
@click.option("--force", is_flag=True, help="Replace documents that are there.")
@click.option("--html", is_flag=True, help="Write pages for a browser besides.")
@click.option(
    "--code",
    multiple=True,
    metavar="PATH",
    type=click.Path(exists=True),
    help="Look for the lines that a column's native type costs in this code (may be repeated).",
)
@_settings
def report(source: str, out: Path, force: bool, html: bool, code: Sequence[str], **given: Any) -> None:
    """Write two documents: what the SQLite schema is, and what it becomes and why.

    The second weighs PostgreSQL's own types (boolean, timestamptz, jsonb, numeric, uuid) column by column: what the
    values say, and which lines of the code would have to change.
    """
    from sqlport import pricing
    from sqlport.catalog.types import column_type
    from sqlport.engines.postgres import throwaway
    from sqlport.schema.design import design
    from sqlport.schema.document import analysis
    from sqlport.schema.drawing import drawing
    from sqlport.schema.drift import on_server
    from sqlport.schema.evidence import evidence
    from sqlport.schema.page import page

    config, read, ported = _ported(source, given)
    found = evidence(read, config.target)
    paths = list(code) or ([source] if read.kind == "code" else [])
    wanted = {one.key: one.type for one in found}
    with throwaway(config.postgres, config.postgres_version) as server:
        sure, shape = on_server(ported, server)
        judge = partial(_refusals, server, read, config)
        prices = pricing.prices(paths, config, read.catalog, wanted, judge) if paths else None
    tables = [table for table in read.catalog if table.kind == "table" and not table.temporary]
    target = sure.schema.target
    documents = {
        "sqlite-schema-analysis": (
            analysis(read, sure.schema),
            drawing(tables, lambda table, column: column.declared_type),
        ),
        "postgres-schema-design": (
            design(read, sure, shape, found, prices),
            drawing(tables, lambda table, column: column_type(column, table.name, target)),
        ),
    }
    for name, (text, picture) in documents.items():
        _write(out / f"{name}.md", text, force=force)
        if html:
            _write(out / f"{name}.html", page(name.replace("-", " "), text, picture), force=force)


def _ported(source: str, given: dict[str, Any]) -> tuple[Config, Source, PortedSchema]:
    from sqlport.project import rulebook
    from sqlport.schema import port_schema, read_source

    config = options.configure((source,), **given)
    read = read_source(source, config)
    return config, read, port_schema(read, config.target, rulebook(config))


def _each(out: Path, config: Config, read: Source, ported: PortedSchema, *, force: bool) -> int:
    """Write every migration for itself, and compare what they make with SQLite's schema; the exit code."""
    from sqlport.engines.postgres import throwaway
    from sqlport.project import rulebook
    from sqlport.schema.drift import drift, scratch_database
    from sqlport.schema.migrations import port_migrations
    from sqlport.schema.settled import settled

    made = port_migrations(Path(read.label), config.target, rulebook(config))
    with throwaway(config.postgres, config.postgres_version) as server:
        with scratch_database(server) as connection:
            made = settled(made, connection)
        for migration in made:
            _write(out / migration.name, migration.sql, force=force)
        left = [one for migration in made for one in migration.left]
        for one in left:
            click.echo(one, err=True)
        found = drift(read, ported, str(out), server)
    for difference in found.differences:
        click.echo(f"after all of them: {difference}", err=True)
    click.echo(f"applied on {found.server}", err=True)
    return 1 if left or found.differences else 0


def _refusals(
    server: Server, read: Source, config: Config, types: Mapping[str, str], statements: Sequence[str]
) -> list[str]:
    """PostgreSQL's refusal of each statement, with these types besides those of the configuration."""
    from sqlport.project import rulebook
    from sqlport.schema import port_schema
    from sqlport.schema.drift import on_server
    from sqlport.verify import Question, judge

    target = replace(config.target, types={**config.target.types, **types})
    sure, _ = on_server(port_schema(read, target, rulebook(config)), server)
    verdicts = judge(server, [each.sql for each in sure.schema.definitions], [Question(sql) for sql in statements])
    return [verdict.message if verdict.kind == "rejected" else "" for verdict in verdicts]


def _counts(made: PortedSchema) -> str:
    """How many there are of each kind."""
    counts = {
        "tables": len(made.of_kind("table")),
        "indexes": len(made.of_kind("index")),
        "views": len(made.of_kind("view")),
        "triggers": len(made.of_kind("trigger")),
    }
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def _tell_lost(lost: Sequence[NotPorted]) -> None:
    for one in lost:
        where = f" of {one.of}" if one.of and one.of != one.name else ""
        name = one.name or f"({', '.join(one.columns)})" if one.name or one.columns else ""
        click.echo(f"not ported: {one.kind} {name}{where}: {one.reason}", err=True)


def _write(path: Path, text: str, *, force: bool) -> None:
    """Write a file; one that is there and says something else stays, unless it is to be replaced."""
    try:
        if path.exists() and not force and path.read_text(encoding="utf-8") != text:
            raise SqlportError(f"{path}: is there and says something else; remove it, or give --force")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SqlportError(f"{path}: cannot be written: {re.sub(r'^.Errno .*?. ', '', str(error))}") from None
    click.echo(path.as_posix())
