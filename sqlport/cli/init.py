"""`sqlport init`: what a project needs beside ported SQL, shown first and written when the user says so."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sqlport.cli import options
from sqlport.cli.output import emit, note, wants_color
from sqlport.results import NOTHING_LEFT, SOMETHING_LEFT


@click.command()
@options.paths
@click.option("--write", is_flag=True, help="Write without asking.")
@click.option("--package", metavar="FOLDER", help="Where the connection module goes (default: the only package).")
@options.selection
@options.project
@options.color
@click.pass_context
def init(
    ctx: click.Context, /, *, paths: tuple[str, ...], write: bool, package: str | None, color: str, **given: Any
) -> None:
    """Add what a project on PostgreSQL needs, to the project in this folder.

    A connection module with a pool, docker-compose.test.yml, pytest fixtures, make targets, hooks, and guides
    about what was found in PATHS (default: this folder). The diff is shown first; files that are there are
    never replaced.
    """
    from sqlport.cli.progress import Bar
    from sqlport.project import check
    from sqlport.report import diff
    from sqlport.scaffold import look, plan, write_all

    paths = paths or (".",)
    config = options.configure(paths, **given)
    project = look(Path.cwd(), paths, package)
    with Bar() as progress:
        report = check(paths, config, progress=progress)
    planned = plan(project, report, config)
    texts = {one.path: (one.old, one.new) for one in planned.files}
    emit(diff.render(texts, color=wants_color(color, sys.stdout)))
    note("".join(f"note: {text}\n" for text in planned.notes))
    if not planned.files:
        note("nothing to add\n")
        ctx.exit(NOTHING_LEFT)
    if not write and sys.stdin.isatty():
        write = click.confirm(f"Write {len(planned.files)} files?", err=True)
    if not write:
        note(f"{len(planned.files)} files to write; --write does it\n")
        ctx.exit(SOMETHING_LEFT)
    write_all(project.root, planned)
    note(f"{len(planned.files)} files written\n")
