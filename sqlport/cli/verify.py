"""`sqlport verify`: what PostgreSQL says of every ported statement."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sqlport.cli import options
from sqlport.cli.check import complain
from sqlport.cli.output import columns, emit, wants_color


@click.command()
@options.paths
@click.option("--locked", is_flag=True, help="Judge by the committed ledger, without a server.")
@click.option("--strict", is_flag=True, help="Exit 1 when a statement could not be verified, too.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", show_default=True)
@options.output_file
@options.selection
@options.project
@options.server
@options.color
@click.pass_context
def verify(
    ctx: click.Context,
    /,
    *,
    paths: tuple[str, ...],
    locked: bool,
    strict: bool,
    form: str,
    output_file: Path | None,
    color: str,
    **given: Any,
) -> None:
    """Ask PostgreSQL to plan every statement in its ported form.

    PATHS are files and folders (default: this folder). Only the ledger (`.sqlport/verified`) is written.
    """
    from sqlport.cli.progress import Bar
    from sqlport.project import verify as run

    paths = paths or (".",)
    config = options.configure(paths, **given)
    with Bar() as progress:
        report = run(paths, config, locked=locked, progress=progress)
    if form == "json":
        from sqlport.report import as_json

        emit(as_json.verdicts(report), output_file)
    else:
        from sqlport.report import table

        painted = wants_color(color, sys.stdout) and output_file is None
        emit(table.verdicts(report, color=painted, width=columns()), output_file)
    complain(report)
    ctx.exit(report.verdict_exit_code(strict=strict))
