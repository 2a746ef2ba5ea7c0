"""`sqlport rust`: what Rust projects need beside the commands for all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sqlport.cli import options
from sqlport.model import SqlportError


@click.group()
def rust() -> None:
    """Help for crates that use sqlx."""


@rust.command(name="sqlx-cache")
@options.paths
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Folder to write (default: .sqlx).")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where the folder is not what it would be.")
@options.project
@options.server
@click.pass_context
def sqlx_cache(ctx: click.Context, /, paths: tuple[str, ...], out: Path | None, check: bool, **given: Any) -> None:
    """Write sqlx's offline query files, so that the ported crate builds with SQLX_OFFLINE=true.

    PATHS are folders with Rust code (default: this folder). The queries of sqlx's macros are described on a
    throwaway server with the tables of `schema`, as they stand: port them first. Query files in the folder that
    no query needs any more are removed.
    """
    from sqlport.sqlx_cache import prepare

    paths = paths or (".",)
    config = options.configure(paths, **given)
    folder = out or Path(".sqlx")
    cache = prepare(paths, config)
    there = {file.name: file for file in folder.glob("query-*.json")} if folder.is_dir() else {}
    changed = [name for name, text in cache.files.items() if name not in there or _text(there[name]) != text]
    gone = sorted(set(there) - set(cache.files))
    if not check:
        folder.mkdir(parents=True, exist_ok=True)
        for name in changed:
            (folder / name).write_text(cache.files[name], encoding="utf-8", newline="\n")
        for name in gone:
            there[name].unlink()
    for place, reason in cache.refused:
        click.echo(f"{place}: PostgreSQL does not take this query: {reason}", err=True)
    verb = ("would be written", "would be removed") if check else ("written", "removed")
    click.echo(
        f"{folder}: {len(cache.files)} query files, {len(changed)} {verb[0]}, {len(gone)} {verb[1]};"
        f" described by {cache.server}",
        err=True,
    )
    ctx.exit(1 if cache.refused or (check and (changed or gone)) else 0)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SqlportError(f"{file}: cannot be read ({error}); remove it, and run again") from error
