"""`sqlport config`: the settings in force, and where each came from."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import click

from sqlport.cli import options
from sqlport.cli.output import emit


@click.command()
@options.paths
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@options.selection
@options.project
@options.server
def config(paths: tuple[str, ...], form: str, **given: Any) -> None:
    """Show the settings for PATHS (default: this folder), and where each value came from."""
    from sqlport.files import reported
    from sqlport.rulebook import load
    from sqlport.settings import KEYS

    settings = options.configure(paths or (".",), **given)
    settings.check_selectors((rule.code, rule.name) for rule in load(settings.rules).rules)
    rows = []
    for key in KEYS:
        attribute = key.replace("-", "_")
        origin = settings.origins.get(attribute, "default")
        rows.append((key, _plain(getattr(settings, attribute)), origin))
    file = reported(settings.file) if settings.file else None
    if form == "json":
        content = {
            "root": settings.root.as_posix(),
            "file": file,
            "settings": {key: {"value": value, "origin": origin} for key, value, origin in rows},
        }
        emit(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
        return
    head = f"# root: {reported(settings.root)}\n# settings file: {file or 'none'}\n"
    emit(head + "".join(f"{key} = {_toml(value)}  # {origin}\n" for key, value, origin in rows if value is not None))


def _plain(value: Any) -> Any:
    """The value as JSON has it; a password in a URL is left out."""
    if isinstance(value, Path):
        from sqlport.files import reported

        return reported(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, str) and "://" in value:
        from sqlport.engines.server import masked

        return masked(value)
    return {key: _plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def _toml(value: Any) -> str:
    """A value on one line, as it could stand in the settings file."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
