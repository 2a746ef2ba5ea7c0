"""The command line: finds the command, and turns every way to end into one of the documented exit codes."""

from __future__ import annotations

import signal
import sys
import traceback
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from sqlport import __version__
from sqlport.model import SqlportError
from sqlport.results import NOT_DONE

_PACKAGE = Path(__file__).parents[1]

INTERRUPTED = 128 + signal.SIGINT

COMMANDS: Mapping[str, str] = {
    "check": "sqlport.cli.check",
    "fix": "sqlport.cli.fix",
    "verify": "sqlport.cli.verify",
    "prove": "sqlport.cli.prove",
    "extract": "sqlport.cli.extract",
    "rule": "sqlport.cli.rule",
    "schema": "sqlport.cli.schema",
    "data": "sqlport.cli.data",
    "postgres": "sqlport.cli.postgres",
    "rust": "sqlport.cli.rust",
    "init": "sqlport.cli.init",
    "config": "sqlport.cli.config",
}
"""The module of each command; it is imported when the command is used."""


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for, and which knows all exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from sqlport.config import suggestion

            raise click.UsageError(f"no such command {args[0]!r}{suggestion(args[0], COMMANDS)}", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SqlportError as error:
            self._fail(ctx, f"error: {error}")
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            ctx.exit(INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:  # the last stop: a user gets one line, not a traceback
            self._fail(ctx, _internal(error))

    def _fail(self, ctx: click.Context, message: str) -> None:
        if ctx.params.get("debug"):
            traceback.print_exc()
        print(message, file=sys.stderr)
        ctx.exit(NOT_DONE)


def _internal(error: Exception) -> str:
    """What a user can do about a fault of ours: the place in our code, and how to report it."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)] or frames
    where = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return (
        f"internal error: {type(error).__name__}: {error}{where}\n"
        "This is a fault of sqlport, not of your code. Please report it with the output of `sqlport --debug` "
        "and the same arguments."
    )


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, message="sqlport %(version)s")
def main(debug: bool) -> None:
    """Move a code base from SQLite to PostgreSQL and prove that it still does the same.

    \b
    Exit codes: 0 nothing left to do, 1 findings (or a diff not applied),
    2 what was asked could not be done.
    """
    from sqlport.cli.output import prepare

    prepare()
