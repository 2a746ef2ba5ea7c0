"""`sqlport fix`: the port as a diff, or written, each statement confirmed by PostgreSQL first."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from sqlport.baseline import let_pass
from sqlport.cli import options
from sqlport.cli.check import as_text, complain
from sqlport.cli.output import emit, note, wants_color
from sqlport.results import Report


@click.command()
@options.paths
@click.option("--write", is_flag=True, help="Change the files (default: print the diff).")
@click.option("--unsafe", is_flag=True, help="Also make fixes that are right only under their condition.")
@click.option("--prove", is_flag=True, help="Change only what answers the same on both engines, too.")
@click.option("--write-unverified", is_flag=True, help="Also write what PostgreSQL could not be asked about.")
@click.option("--strict", is_flag=True, help="Exit 1 when a statement could not be verified.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["diff", "full", "concise", "json"]),
    help="Default: diff; with --write full, which tells what is left.",
)
@options.output_file
@options.selection
@options.project
@options.server
@options.color
@click.pass_context
def fix(
    ctx: click.Context,
    /,
    *,
    paths: tuple[str, ...],
    write: bool,
    unsafe: bool,
    prove: bool,
    write_unverified: bool,
    strict: bool,
    form: str | None,
    output_file: Path | None,
    color: str,
    **given: Any,
) -> None:
    """Port SQL in place: print the diff or, with --write, change the files.

    A statement is changed only when PostgreSQL plans the ported form. PATHS are files and folders
    (default: this folder).
    """
    from sqlport.cli.progress import Bar
    from sqlport.project import fix as run

    paths = paths or (".",)
    config = options.configure(paths, **given)
    with Bar() as progress:
        report = run(
            paths,
            config,
            write=write,
            unsafe=unsafe,
            write_unverified=write_unverified,
            prove=prove,
            progress=progress,
        )
    report = let_pass(report, config)
    form = form or ("full" if write else "diff")
    if form == "diff":
        _diff(report, color, output_file)
    else:
        painted = wants_color(color, sys.stdout) and output_file is None
        emit(as_text(report, form, statistics=False, coverage=False, color=painted), output_file)
    complain(report)
    strictly = report.verdict_exit_code(strict=True) if strict else 0
    ctx.exit(max(report.exit_code, strictly))


def _diff(report: Report, color: str, output_file: Path | None) -> None:
    """The diff alone on standard output, for `git apply`; everything else on standard error."""
    from sqlport.report import concise, diff, summary

    stdout, stderr = sys.stdout, sys.stderr
    emit(diff.render(report.diffs, color=wants_color(color, stdout) and output_file is None), output_file)
    painted = wants_color(color, stderr)
    unported = report.with_findings(tuple(finding for finding in report.left if not finding.applied))
    note(concise.render(unported, color=painted))
    if report.diffs and not report.written:
        ported = len(report.left) - len(unported.findings)
        note(f"The diff ports {ported} of {len(report.left)} findings; --write applies it. Without those:\n")
    note(summary.render(unported, color=painted))
