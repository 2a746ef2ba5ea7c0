"""`sqlport rule`: a rule's page in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from sqlport.cli import options
from sqlport.cli.output import columns, emit, wants_color
from sqlport.config import suggestion
from sqlport.model import SqlportError
from sqlport.notices import NOTICES


@click.command()
@click.argument("code_or_name", required=False, metavar="[CODE|NAME]")
@click.option("--all", "every", is_flag=True, help="All rules.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--config", "config_file", type=options.FILE, help="Read the settings from this file.")
@click.option("--isolated", is_flag=True, help="Read no settings file.")
@options.color
def rule(
    *, code_or_name: str | None, every: bool, form: str, config_file: Path | None, isolated: bool, color: str
) -> None:
    """Explain a rule: what it finds, why, the fix, and when the fix is safe."""
    from sqlport.report import rules as pages
    from sqlport.rulebook import load
    from sqlport.settings import load as load_config

    if bool(code_or_name) == every:
        raise click.UsageError("name one rule by its code (UPS001) or name (insert-or-ignore), or ask for --all")
    book = load(load_config(file=config_file, isolated=isolated).rules)
    found = book.rules
    if code_or_name:
        notice = next((n for n in NOTICES.values() if code_or_name.upper() == n.code or code_or_name == n.name), None)
        if notice is not None:
            emit(pages.notice_json(notice) if form == "json" else pages.notice_page(notice))
            return
        one = book.find(code_or_name)
        if one is None:
            words = [word for each in book.rules for word in (each.code, each.name)]
            hint = suggestion(code_or_name, words)
            raise SqlportError(f"no rule is called {code_or_name!r}{hint}; `sqlport rule --all` lists them")
        found = (one,)
    if form == "json":
        emit(pages.as_json(found))
    elif every:
        emit(pages.listing(found))
    else:
        painted = wants_color(color, sys.stdout)
        emit(pages.pages(found, color=painted, width=min(columns(), 100)))
