"""`sqlport check`: what PostgreSQL rejects or answers differently, without a server and without writing."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from sqlport.baseline import let_pass
from sqlport.cli import options
from sqlport.cli.output import emit, note, wants_color
from sqlport.report import FORMATS, renderer
from sqlport.results import Report

PEOPLE = ("full", "concise")
"""The formats that end with a summary."""


@click.command()
@options.paths
@click.option("--format", "form", type=click.Choice(FORMATS), default="full", show_default=True)
@options.output_file
@click.option("--statistics", is_flag=True, help="Count the findings of each rule instead of listing them.")
@click.option("--coverage", is_flag=True, help="Show how much of the SQL could be read.")
@click.option("--baseline", type=options.FILE, help="Let the findings in this file pass.")
@click.option("--write-baseline", type=options.FILE, help="Write all findings there, to let them pass from now on.")
@click.option("--since", metavar="REF", help="Only findings in lines changed since this commit (git).")
@options.selection
@options.project
@options.color
@click.option("--stdin-filename", default="stdin.py", help="Name of what is piped in; its suffix tells the language.")
@click.pass_context
def check(
    ctx: click.Context,
    /,
    *,
    paths: tuple[str, ...],
    form: str,
    output_file: Path | None,
    statistics: bool,
    coverage: bool,
    baseline: Path | None,
    write_baseline: Path | None,
    since: str | None,
    color: str,
    stdin_filename: str,
    **given: Any,
) -> None:
    """Find SQL that PostgreSQL rejects or answers differently.

    PATHS are files and folders (default: this folder), or - for standard input.
    """
    from sqlport.cli.progress import Bar
    from sqlport.project import check as run

    paths = paths or (".",)
    stdin = options.standard_input(paths, stdin_filename)
    config = options.configure((".",) if stdin else paths, baseline=baseline, **given)
    if write_baseline is not None:
        config = replace(config, baseline=None)
    with Bar() as progress:
        report = run(() if stdin else paths, config, progress=progress, stdin=stdin)
    if write_baseline is not None:
        _write_baseline(report, write_baseline, config.relative)
        ctx.exit(2 if report.problems else 0)
    report = let_pass(report, config)
    if since is not None:
        from sqlport.cli.since import only_changed

        report = only_changed(report, since)
    painted = wants_color(color, sys.stdout) and output_file is None
    if form == "sarif":
        report = with_pages(report, config.rules)
    emit(as_text(report, form, statistics=statistics, coverage=coverage, color=painted), output_file)
    complain(report)
    ctx.exit(report.exit_code)


def as_text(report: Report, form: str, *, statistics: bool, coverage: bool, color: bool) -> str:
    """The report in one of the formats; those for people with statistics, coverage and summary."""
    if form not in PEOPLE:
        return renderer(form)(report, color=color)
    from sqlport.report import summary

    parts = [summary.statistics(report, color=color) if statistics else renderer(form)(report, color=color)]
    if form == "concise" and parts[0]:
        parts.append("\n")
    if coverage:
        parts += [summary.coverage(report, color=color), "\n"]
    return "".join((*parts, summary.render(report, color=color)))


def with_pages(report: Report, rules: tuple[Path, ...]) -> Report:
    """The report with the pages of the rules that it names."""
    from sqlport.rulebook import load

    named = {finding.code for finding in report.findings}
    return replace(report, pages={rule.code: rule.page for rule in load(rules).rules if rule.code in named})


def complain(report: Report) -> None:
    """Say on standard error what could not be done."""
    note("".join(f"error: {problem}\n" for problem in report.problems))


def _write_baseline(report: Report, file: Path, config: Any) -> None:
    from sqlport.baseline import render

    emit(render(report, relative=config), file)
    number = len(report.findings)
    note(f"{file}: {number} finding{'' if number == 1 else 's'} will pass; name it as `baseline` in [tool.sqlport]\n")
    complain(report)
