"""Records every statement that a traced program runs on SQLite, with the frames of the project that led there.

Loaded by Python itself when this folder is on `PYTHONPATH`; imports nothing but the standard library. One JSON
line for each different (text, frames), in `$SQLPORT_TRACE/<pid>.jsonl`; `$SQLPORT_TRACE_ROOT` is the project.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from types import CodeType, FrameType
from typing import Any

ROOT = os.path.realpath(os.environ.get("SQLPORT_TRACE_ROOT", ".")) + os.sep
FOLDER = os.environ.get("SQLPORT_TRACE", "")
MAX_FRAMES = 12
MAX_TEXT = 60_000

_files: dict[CodeType, str] = {}
_seen: set[int] = set()
_classes: dict[type, type] = {}
_connect = sqlite3.connect


def _project_file(code: CodeType) -> str:
    """The code's file below the project, empty for all others."""
    known = _files.get(code)
    if known is None:
        path = os.path.realpath(code.co_filename)
        inside = path.startswith(ROOT) and "site-packages" not in path
        known = _files[code] = path[len(ROOT) :] if inside else ""
    return known


def _words(text: str) -> list[str]:
    return text[:400].split()[:4]


def _is_text(value: object, sql: str, words: list[str]) -> bool:
    if isinstance(value, str):
        return value == sql or (len(value) > 8 and _words(value) == words)
    return (
        isinstance(value, (tuple, list))
        and len(value) < 50
        and any(isinstance(part, str) and _is_text(part, sql, words) for part in value)
    )


def _given(frame: FrameType, sql: str, words: list[str]) -> bool:
    """Whether the function was given the text, or the beginning of it, by its caller."""
    code = frame.f_code
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & 0x04)
    local = frame.f_locals
    return any(_is_text(local.get(name), sql, words) for name in code.co_varnames[:count])


def record(sql: object, start: FrameType | None) -> None:
    """Remember the text with the frames of the project from the driver's call outwards."""
    if not isinstance(sql, str) or len(sql) > MAX_TEXT:
        return
    frames: list[tuple[str, int, str, bool]] = []
    words = _words(sql)
    frame = start
    while frame is not None and len(frames) < MAX_FRAMES:
        path = _project_file(frame.f_code)
        if path:
            frames.append((path, frame.f_lineno, frame.f_code.co_name, _given(frame, sql, words)))
        frame = frame.f_back
    key = hash((sql, tuple(frames[:4])))
    if not frames or key in _seen:
        return
    _seen.add(key)
    line = json.dumps({"sql": sql, "frames": frames}) + "\n"
    handle = os.open(f"{FOLDER}/{os.getpid()}.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode("utf-8", "surrogatepass"))
    finally:
        os.close(handle)


def _recording(base: type) -> type:
    """The class with its `execute` methods recorded and, for connections, its cursors too."""
    known = _classes.get(base)
    if known is not None:
        return known
    names: dict[str, Any] = {"__slots__": ()} if base in (sqlite3.Connection, sqlite3.Cursor) else {}
    for method in ("execute", "executemany", "executescript"):
        names[method] = _recorded(base, method)
    if issubclass(base, sqlite3.Connection):

        def cursor(self: Any, factory: type = sqlite3.Cursor) -> Any:
            return base.cursor(self, _recording(factory) if isinstance(factory, type) else factory)

        names["cursor"] = cursor
    made = type(base.__name__, (base,), names)
    made.__module__ = base.__module__
    made.__qualname__ = base.__qualname__
    _classes[base] = _classes[made] = made
    return made


def _recorded(base: type, method: str) -> Any:
    original = getattr(base, method)

    def run(self: Any, sql: Any = None, *more: Any, **named: Any) -> Any:
        caller = sys._getframe(1)
        if sql is None:
            return original(self, *more, **named)
        if not issubclass(base, sqlite3.Connection) or _project_file(caller.f_code):
            record(sql, caller)
        return original(self, sql, *more, **named)

    run.__name__ = method
    return run


def connect(*args: Any, **named: Any) -> Any:
    """`sqlite3.connect` with a factory that records."""
    _watch_sqlalchemy()
    factory = named.pop("factory", None)
    if factory is None and len(args) > 5:
        factory = args[5]
        args = (*args[:5], _recording(factory), *args[6:])
        return _connect(*args, **named)
    return _connect(*args, factory=_recording(factory or sqlite3.Connection), **named)


def _watch_sqlalchemy() -> None:
    """SQLAlchemy's asynchronous connections run their statements in threads, which have no frames of the project."""
    module = sys.modules.get("sqlalchemy.ext.asyncio.engine")
    if module is None or getattr(module, "_sqlport_traced", False):
        return
    setattr(module, "_sqlport_traced", True)  # noqa: B010 - mypy knows no such attribute
    original = module.AsyncConnection.execute

    def execute(self: Any, statement: Any, *more: Any, **named: Any) -> Any:
        record(getattr(statement, "text", None), sys._getframe(1))
        return original(self, statement, *more, **named)

    module.AsyncConnection.execute = execute


if FOLDER:
    sqlite3.connect = sqlite3.dbapi2.connect = connect
