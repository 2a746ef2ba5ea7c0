"""`sqlport prove`: the original on SQLite and the port on PostgreSQL, on the same rows."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from sqlport.cli import options
from sqlport.cli.check import complain
from sqlport.cli.output import columns, emit, wants_color


@click.command()
@options.paths
@click.option("--runs", type=click.IntRange(1), help="How many universes of rows to compare on (default: 2).")
@click.option("--seed", type=click.IntRange(0), help="The seed of the first (default: 0).")
@click.option("--unsafe", is_flag=True, help="Also make fixes that are right only under their condition.")
@click.option("--again", is_flag=True, help="Prove unchanged statements again, too.")
@click.option("--strict", is_flag=True, help="Exit 1 when a statement could not be proven, too.")
@click.option("--format", "form", type=click.Choice(["table", "json", "markdown"]), default="table", show_default=True)
@options.output_file
@options.selection
@options.project
@options.server
@options.color
@click.pass_context
def prove(
    ctx: click.Context,
    /,
    *,
    paths: tuple[str, ...],
    runs: int | None,
    seed: int | None,
    unsafe: bool,
    again: bool,
    strict: bool,
    form: str,
    output_file: Path | None,
    color: str,
    **given: Any,
) -> None:
    """Run every statement on SQLite and its port on PostgreSQL, and compare what they answer.

    Both engines get the same generated rows. A difference is shown on the fewest rows that have it, with a
    script to see it. PATHS are files and folders (default: this folder). Nothing is written but the ledger.
    """
    from sqlport.cli.progress import Bar
    from sqlport.project import prove as run
    from sqlport.report import as_json, proofs

    paths = paths or (".",)
    config = options.configure(paths, **given)
    universes = replace(
        config.prove,
        runs=config.prove.runs if runs is None else runs,
        seed=config.prove.seed if seed is None else seed,
    )
    with Bar() as progress:
        report = run(paths, config.override(prove=universes), unsafe=unsafe, again=again, progress=progress)
    if form == "json":
        emit(as_json.proofs(report), output_file)
    elif form == "markdown":
        emit(proofs.markdown(report), output_file)
    else:
        painted = wants_color(color, sys.stdout) and output_file is None
        emit(proofs.table(report, color=painted, width=columns()), output_file)
    complain(report)
    ctx.exit(report.proof_exit_code(strict=strict))
