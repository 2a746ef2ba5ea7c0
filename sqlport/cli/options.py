"""Options that several commands share, and the configuration that they and the settings file make."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from sqlport import config, settings
from sqlport.model import Driver, Profile, SqlportError

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(path_type=Path, dir_okay=False)


def _selectors(ctx: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    found = tuple(word.strip() for value in values for word in value.split(",") if word.strip())
    for selector in found:
        if not config.is_selector(selector):
            raise click.BadParameter(
                f"{selector!r} is no code (UPS001), family (UPS), name (insert-or-ignore) or ALL", ctx, option
            )
    return found


def _server(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
    words = ("auto", "embedded", "system", "docker")
    if value is None or value in words or value.startswith(("postgresql://", "postgres://")):
        return value
    hint = config.suggestion(value, words)
    raise click.BadParameter(f"{value!r} is none of {', '.join(words)} and no postgresql:// URL{hint}", ctx, option)


def _chain(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


paths = click.argument("paths", nargs=-1, type=click.Path(allow_dash=True))

selection = _chain(
    click.option("--select", multiple=True, callback=_selectors, metavar="RULES", help="Only these rules."),
    click.option("--ignore", multiple=True, callback=_selectors, metavar="RULES", help="Not these rules, either."),
)
"""`--select` and `--ignore`: codes, names or family prefixes, with commas or repeated."""

project = _chain(
    click.option(
        "--schema",
        multiple=True,
        type=click.Path(path_type=Path),
        help="SQL file, or folder of migrations, with the tables; may be repeated.",
    ),
    click.option("--sqlite", type=FILE, help="SQLite file with the tables; opened read-only."),
    click.option("--driver", type=click.Choice(get_args(Driver)), help="What the ported code passes SQL to."),
    click.option("--profile", type=click.Choice(get_args(Profile)), help="Which type a column becomes."),
    click.option("--config", "config_file", type=FILE, help="Read the settings from this file."),
    click.option("--isolated", is_flag=True, help="Read no settings file."),
)
"""What is known of the project, and where its settings are."""

server = click.option(
    "--postgres", callback=_server, metavar="SPEC", help="auto, embedded, system, docker, or a postgresql:// URL."
)

color = click.option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Colour.")

output_file = click.option("--output-file", "-o", type=FILE, help="Write to this file.")


def configure(
    paths: Sequence[str], *, config_file: Path | None = None, isolated: bool = False, **given: Any
) -> config.Config:
    """The settings for the paths, with what was given on the command line. Raises SqlportError."""
    if isolated and config_file:
        raise click.UsageError("--isolated reads no settings file, so --config makes no sense beside it")
    values = {key: value for key, value in given.items() if value not in (None, ())}
    for key in ("schema", "sqlite", "baseline"):
        if key in values:
            values[key] = _absolute(values[key])
    return settings.load(paths, file=config_file, isolated=isolated, **values)


def _absolute(value: Path | tuple[Path, ...]) -> Path | tuple[Path, ...]:
    return tuple(Path.cwd() / path for path in value) if isinstance(value, tuple) else Path.cwd() / value


def standard_input(paths: Sequence[str], name: str) -> tuple[str, bytes] | None:
    """Name and bytes of what is piped in, when the only path is `-`."""
    if "-" not in paths:
        return None
    if len(paths) > 1:
        raise SqlportError("`-` is standard input and stands alone; check the other paths in a run of their own")
    return name, sys.stdin.buffer.read()
