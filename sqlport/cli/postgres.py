"""`sqlport postgres`: the throwaway server for the user's own tests."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

import click

from sqlport.model import SqlportError

_Command = TypeVar("_Command", bound=Callable[..., Any])


def _server_options(command: _Command) -> _Command:
    """`--postgres` and `--postgres-version`, which else come from the configuration."""
    command = click.option(
        "--postgres-version", "major", type=click.IntRange(min=10), metavar="MAJOR", help="Prefer this major version."
    )(command)
    return click.option(
        "--postgres",
        "spec",
        metavar="SERVER",
        help="auto (default), embedded, system or docker; for `run` also postgresql://... (a scratch database on it).",
    )(command)


@click.group()
def postgres() -> None:
    """A throwaway PostgreSQL for your own tests.

    `up` starts one for the working directory, `down` removes it with everything in it. Durability is switched
    off: keep nothing in it that you need.
    """


@postgres.command()
@_server_options
def up(spec: str | None, major: int | None) -> None:
    """Start the server of this directory; nothing happens when it is up."""
    from sqlport.engines import persistent

    wanted, version = _configured(spec, major)
    with _told():
        state, started = persistent.up(Path.cwd(), wanted, version)
    click.echo(f"{state.server} {'is up' if started else 'was up already'}", err=True)
    click.echo(f"DATABASE_URL={state.url}")


@postgres.command()
def down() -> None:
    """Stop the server of this directory and remove its data; no other server is touched."""
    from sqlport.engines import persistent

    with _told():
        stopped = persistent.down(Path.cwd())
    click.echo("PostgreSQL is down" if stopped else "no PostgreSQL was up for this directory", err=True)


@postgres.command()
def url() -> None:
    """Print the URL and nothing else: DATABASE_URL=$(sqlport postgres url)."""
    from sqlport.engines import persistent

    with _told():
        click.echo(persistent.current(Path.cwd()).url)


@postgres.command()
def logs() -> None:
    """Print what the server has said."""
    from sqlport.engines import persistent

    with _told():
        click.echo(persistent.log(Path.cwd()), nl=False)


@postgres.command()
def reset() -> None:
    """Replace the database by an empty one, under whoever is connected."""
    from sqlport.engines import persistent

    with _told():
        state = persistent.reset(Path.cwd())
    click.echo(f"{state.server}: the database is empty", err=True)


@postgres.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@_server_options
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(spec: str | None, major: int | None, command: tuple[str, ...]) -> None:
    """Run COMMAND with a server of its own in DATABASE_URL; the exit code is the command's.

    The server is ready before the command starts and gone when it has ended: sqlport postgres run -- pytest
    """
    from sqlport.engines.postgres import throwaway

    wanted, version = _configured(spec, major)
    with _told():
        if shutil.which(command[0]) is None:
            raise SqlportError(f"{command[0]}: no such command")
        with throwaway(wanted, version) as server:
            code = _run_to_end(command, server.url)
    sys.exit(code)


def _run_to_end(command: tuple[str, ...], database_url: str) -> int:
    """Run the command, hand it the signals that come meanwhile, and return a shell's exit code for it."""
    environment = {**os.environ, "DATABASE_URL": database_url}
    received: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        # A terminal has given Ctrl-C to the command already: twice would end a test run without its report.
        if child is not None and not (number == signal.SIGINT and _on_terminal()):
            child.send_signal(number)

    child: subprocess.Popen[bytes] | None = None
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = {number: signal.signal(number, forward) for number in numbers}
    try:
        child = subprocess.Popen(command, env=environment)
        for number in received:  # those that came before there was a command
            child.send_signal(number)
        code = child.wait()
    except OSError as error:
        raise SqlportError(f"{command[0]}: cannot be run: {error.strerror}") from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code if code >= 0 else 128 - code


def _on_terminal() -> bool:
    """Whether this process is in the foreground of its terminal."""
    try:
        return os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp()
    except (OSError, AttributeError):
        return False


def _configured(spec: str | None, major: int | None) -> tuple[str, int | None]:
    """The options, else the configuration of the working directory."""
    from sqlport.settings import load

    with _told():
        config = load()
    return spec or config.postgres, major if major is not None else config.postgres_version


@contextmanager
def _told() -> Iterator[None]:
    """Errors that the user must see, as exit code 2."""
    try:
        yield
    except SqlportError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
