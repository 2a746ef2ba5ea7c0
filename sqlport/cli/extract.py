"""`sqlport extract`: every SQL statement that was found, and where its text is written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sqlport.cli import options
from sqlport.cli.check import complain
from sqlport.cli.output import emit, wants_color
from sqlport.results import NOT_DONE, NOTHING_LEFT


@click.command()
@options.paths
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@options.output_file
@options.project
@options.color
@click.pass_context
def extract(
    ctx: click.Context, /, *, paths: tuple[str, ...], form: str, output_file: Path | None, color: str, **given: Any
) -> None:
    """List the SQL statements in PATHS (default: this folder), holes as {name}."""
    from sqlport.cli.progress import Bar
    from sqlport.project import extract as run

    paths = paths or (".",)
    config = options.configure(paths, **given)
    with Bar() as progress:
        report = run(paths, config, progress=progress)
    if form == "json":
        from sqlport.report import as_json

        emit(as_json.statements(report), output_file)
    else:
        from sqlport.report import table

        painted = wants_color(color, sys.stdout) and output_file is None
        emit(table.statements(report, color=painted), output_file)
    complain(report)
    ctx.exit(NOT_DONE if report.problems else NOTHING_LEFT)
