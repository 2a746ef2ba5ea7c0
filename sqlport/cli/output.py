"""Where text goes: colour or not, a file or a stream, and a reader that has gone away."""

from __future__ import annotations

import io
import os
import shutil
import sys
from pathlib import Path
from typing import TextIO

from sqlport.model import SqlportError


def prepare() -> None:
    """Make the standard streams take every character: what they cannot encode comes as an escape."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def wants_color(choice: str, stream: TextIO) -> bool:
    """Whether to write colour: as told, else by NO_COLOR, FORCE_COLOR, TERM and whether it is a terminal.

    https://no-color.org
    """
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def columns() -> int:
    """How wide a table may be: the terminal, and what is piped as wide as a wide one."""
    return shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 160


def emit(text: str, file: Path | None = None) -> None:
    """Write text to the file, else to standard output; a pipe that was closed swallows the rest."""
    if file is None:
        _write(sys.stdout, text)
        return
    try:
        file.write_text(text, encoding="utf-8", errors="backslashreplace", newline="\n")
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        raise SqlportError(f"{file}: the output cannot be written ({why})") from error


def note(text: str) -> None:
    """Write text that is not the answer to standard error."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except BrokenPipeError:
        # Python flushes again at exit: give it somewhere to write to, the exit code still tells the result.
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, stream.fileno())
        os.close(sink)
