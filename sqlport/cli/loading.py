"""What `sqlport data` shows while it works: a progress bar, a log for programs, and the words at the end."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

import click

from sqlport.model import SqlportError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from sqlport.data.careful import Misfit
    from sqlport.data.job import Copied

_REJECTS = Path("sqlport-rejects.jsonl")
_SHOWN = 100  # lines for values of one kind in a column


class Narrator:
    """Told of events; shows a bar on a terminal and writes a line of JSON for each into the log."""

    def __init__(self, log: Path | None) -> None:
        self._path = log
        self._log: TextIO | None = None
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._bytes: dict[str, int] = {}

    def __enter__(self) -> Narrator:
        if self._path is not None:
            try:
                self._log = self._path.open("w", encoding="utf-8", buffering=1)
            except OSError as error:
                raise SqlportError(f"{self._path}: the log cannot be written: {error.strerror}") from None
        if sys.stderr.isatty():
            self._bar = _bar()
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.event("failed", {"error": str(error)})
        if self._bar is not None:
            self._bar.stop()
        if self._log is not None:
            self._log.close()

    def event(self, name: str, about: Mapping[str, object]) -> None:
        """Take note of what happens."""
        if self._log is not None:
            self._log.write(json.dumps({"time": round(time.time(), 3), "event": name, **about}) + "\n")
        if name in _SAID:
            click.echo(_SAID[name].format(**about), err=True)
        if self._bar is not None:
            self._show(self._bar, name, about)

    def _show(self, bar: Progress, name: str, about: Mapping[str, object]) -> None:
        table = str(about.get("table", ""))
        total = about.get("total")
        if name == "table" and isinstance(total, int):
            self._tasks[table] = bar.add_task(table, total=total, size="")
        elif name == "rows" and table in self._tasks:
            rows, size = about.get("rows"), about.get("bytes")
            assert isinstance(rows, int) and isinstance(size, int)
            bar.update(self._tasks[table], completed=rows, size=f"{size / 1e6:.1f} MB")
        elif name == "behind" and isinstance(total, int):
            task = self._tasks.setdefault("", bar.add_task("keys and indexes", total=total, size=""))
            done = about.get("done")
            assert isinstance(done, int)
            bar.update(task, completed=done)

    def summary(self, done: Copied, file: Path, rejects: Path | None) -> None:
        """Say what was copied, what was not, and how to go back."""
        alike: Counter[tuple[str, str, str, str]] = Counter()
        for misfit in done.misfits:
            kind = misfit.table, misfit.column, misfit.kind, misfit.done
            alike[kind] += 1
            if alike[kind] <= _SHOWN:
                click.echo(f"{misfit.done}: {misfit}", err=True)
        for (table, column, kind_, action), count in alike.items():
            if count > _SHOWN:
                place = "the file of rejects" if action == "reject" else "the file of --log"
                click.echo(f"{action}: {table}.{column}: {count - _SHOWN} more ({kind_}), all in {place}", err=True)
        if done.rejected:
            path = rejects or _REJECTS
            lines = [json.dumps(_told(misfit)) + "\n" for misfit in done.misfits if misfit.done == "reject"]
            path.write_text("".join(lines), encoding="utf-8")
            click.echo(f"{done.rejected} rows rejected, written to {path}", err=True)
        for one in (*done.left, *done.notes):
            click.echo(one, err=True)
        if done.changed:
            click.echo(f"{file}: was changed by another process meanwhile; what it wrote is not copied", err=True)
        compared = ", every value compared" if done.verdicts or not done.tables else ", not compared (--no-validate)"
        click.echo(f"{len(done.tables)} tables, {done.rows} rows{compared}")


def _told(misfit: Misfit) -> dict[str, object]:
    return {name: value for name, value in asdict(misfit).items() if name != "place"}


_SAID: Mapping[str, str] = {
    "existing": "{tables} tables are there already: rows go into the columns that both sides have",
    "resumed": "going on where the earlier copy was interrupted",
    "restarted": "an unfinished copy was there: starting over (--resume goes on, where file and options are the same)",
}


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[size]}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
