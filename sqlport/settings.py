"""Reads `[tool.sqlport]`: finds the file, checks every key and value, and says where a wrong one stands."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any, NoReturn, get_args

from sqlport.config import Config, Prove, is_selector, suggestion
from sqlport.model import Dialect, Driver, Effect, Profile, Severity, SqlportError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class _WrongValueError(Exception):
    """What a value should have been; the reader adds file, line and key."""


def load(
    paths: Sequence[str | PurePath] = (".",), *, file: Path | None = None, isolated: bool = False, **overrides: Any
) -> Config:
    """The settings for `paths`: those nearest above the first path (or in `file`), then `overrides`.

    Read is the nearest `sqlport.toml`, or `pyproject.toml` with a table `[tool.sqlport]`; `isolated` reads
    none. Raises SqlportError with file, line and key for what is wrong in it.
    """
    start = Path.cwd() / (paths[0] if paths else ".")
    found = None if isolated else (file or nearest(start))
    config = read(found) if found else Config(root=project_root(start))
    return config.override(**overrides)


def nearest(start: Path) -> Path | None:
    """The settings file in the folder `start` (or of the file `start`) or the nearest above; None without one.

    A `pyproject.toml` without a table `[tool.sqlport]` is passed over.
    """
    for folder in _folders(start):
        own = folder / "sqlport.toml"
        if own.is_file():
            return own
        shared = folder / "pyproject.toml"
        if shared.is_file() and _table(shared, _toml(shared)) is not None:
            return shared
    return None


def project_root(start: Path) -> Path:
    """The folder that a project without settings is taken to begin at."""
    for folder in _folders(start):
        if (folder / "pyproject.toml").is_file() or (folder / ".git").exists():
            return folder
    return Path.cwd()


def read(file: Path) -> Config:
    """The settings in `file`. Raises SqlportError with file, line and key for what is wrong."""
    file = Path.cwd() / file
    table = _table(file, _toml(file))
    if table is None:
        raise SqlportError(f"{_shown(file)}: has no table [tool.sqlport]; add one or name another file")
    reader = _Reader(file, file.read_text("utf-8"))
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    for key, value in table.items():
        make = KEYS.get(key)
        if make is None:
            reader.fail(key, f"unknown key {key!r}{suggestion(key, KEYS)}; known are {', '.join(KEYS)}")
        attribute = key.replace("-", "_")
        values[attribute] = reader.value(key, make, value)
        origins[attribute] = reader.place(key)
    return Config(root=file.parent, file=file, **values, origins=origins)


@dataclass(frozen=True, slots=True)
class _Reader:
    file: Path
    text: str

    def value(self, key: str, make: Callable[[Path, Any], Any], value: Any) -> Any:
        try:
            return make(self.file.parent, value)
        except _WrongValueError as error:
            self.fail(key, f"{key}: {error}")

    def fail(self, key: str, message: str) -> NoReturn:
        raise SqlportError(f"{self.place(key)}: {message}")

    def place(self, key: str) -> str:
        """`file:line` of the key; only the file where it cannot be told from the text."""
        escaped = re.escape(key)
        wanted = re.compile(rf"""\s*(?:["']?{escaped}["']?\s*[.=]|\[(?:tool\.sqlport\.)?["']?{escaped}["']?[\].])""")
        inside = self.file.name != "pyproject.toml"
        for number, line in enumerate(self.text.splitlines(), 1):
            if line.lstrip().startswith("["):
                inside = self.file.name != "pyproject.toml" or line.lstrip().startswith("[tool.sqlport")
            if inside and wanted.match(line):
                return f"{_shown(self.file)}:{number}"
        return _shown(self.file)


def _folders(start: Path) -> list[Path]:
    start = start.resolve()
    return [*([start] if start.is_dir() else []), *start.parents]


def _shown(file: Path) -> str:
    from sqlport.files import reported

    return reported(file)


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise SqlportError(f"{_shown(file)}: the settings cannot be read ({why.lower()})") from error
    except UnicodeDecodeError as error:
        raise SqlportError(f"{_shown(file)}: the settings are not UTF-8 text; save the file as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        what, _, position = str(error).partition(" (at ")
        line = re.match(r"line (\d+)", position)
        number = line[1] if line else len(file.read_text("utf-8").splitlines())
        raise SqlportError(f"{_shown(file)}:{number}: invalid TOML: {what[:1].lower()}{what[1:]}") from error


def _table(file: Path, whole: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if file.name != "pyproject.toml" and "tool" not in whole:
        return whole
    tool = whole.get("tool")
    table = tool.get("sqlport") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise SqlportError(f"{_shown(file)}: tool.sqlport is a table: write [tool.sqlport]")
    return table


# The makers: each gets the folder that paths are relative to, and the TOML value.


def _text(_: Path, value: Any) -> str:
    if not isinstance(value, str):
        raise _WrongValueError(f"expected a string, got {_kind(value)}")
    return value


def _flag(_: Path, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _WrongValueError(f"expected true or false, got {_kind(value)}")
    return value


def _whole(value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _WrongValueError(f"expected a whole number, got {_kind(value)}")
    if value < least:
        raise _WrongValueError(f"expected {least} or more, got {value}")
    return value


def _major(_: Path, value: Any) -> int:
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if _whole(value, 15) > 99:
        raise _WrongValueError(f"expected a major version such as 16, got {value}")
    return int(value)


def _texts(_: Path, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        wrong = next((item for item in value if not isinstance(item, str)), None) if isinstance(value, list) else None
        got = _kind(value) if wrong is None else f"one with {_kind(wrong)} in it"
        raise _WrongValueError(f"expected a list of strings, got {got}")
    return tuple(value)


def _selectors(folder: Path, value: Any) -> tuple[str, ...]:
    selectors = _texts(folder, value)
    for selector in selectors:
        if not is_selector(selector):
            upper = suggestion(selector, [selector.upper()]) if is_selector(selector.upper()) else ""
            raise _WrongValueError(
                f"{selector!r} is no rule selector{upper}; write a code (UPS001), a family (UPS), "
                "a name (insert-or-ignore) or ALL"
            )
    return selectors


def _path(folder: Path, value: Any) -> Path:
    return folder / _text(folder, value)


def _paths(folder: Path, value: Any) -> tuple[Path, ...]:
    texts = (value,) if isinstance(value, str) else _texts(folder, value)
    return tuple(folder / text for text in texts)


def _items(value: Any, of: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _WrongValueError(f"expected a table of {of}, got {_kind(value)}")
    return value


def _one_of(value: Any, words: tuple[str, ...]) -> str:
    if not isinstance(value, str):
        raise _WrongValueError(f"expected one of {', '.join(words)}, got {_kind(value)}")
    if value not in words:
        raise _WrongValueError(f"{value!r} is none of {', '.join(words)}{suggestion(value, words)}")
    return value


def _per_file(folder: Path, value: Any) -> dict[str, tuple[str, ...]]:
    return {glob: _selectors(folder, codes) for glob, codes in _items(value, "globs and lists of rules").items()}


def _severities(_: Path, value: Any) -> dict[str, Severity]:
    words = tuple(one.value for one in Severity)
    effects = tuple(one.value for one in Effect)
    found = {}
    for key, severity in _items(value, "rules or effects and severities").items():
        if key not in effects and not is_selector(key):
            raise _WrongValueError(f"{key!r} is no rule selector and none of {', '.join(effects)}")
        found[key] = Severity(_one_of(severity, words))
    return found


def _dialects(_: Path, value: Any) -> dict[str, str]:
    return {g: _one_of(one, get_args(Dialect)) for g, one in _items(value, "globs and dialects").items()}


def _types(folder: Path, value: Any) -> dict[str, str]:
    types = {key: _text(folder, one) for key, one in _items(value, "columns and PostgreSQL types").items()}
    if "nocase" in types:  # how COLLATE NOCASE is kept, beside the types
        types["nocase"] = _one_of(types["nocase"].lower(), ("citext", "icu", "lower"))
    return types


def _server(folder: Path, value: Any) -> str:
    text = _text(folder, value)
    if not text.startswith(("postgresql://", "postgres://")):
        _one_of(text, ("auto", "embedded", "system", "docker"))
    return text


def _prove(_: Path, value: Any) -> Prove:
    table = _items(value, "runs and seed")
    known = ("runs", "seed")
    for key in table:
        if key not in known:
            raise _WrongValueError(f"unknown key {key!r}{suggestion(key, known)}; known are runs, seed")
    return Prove(_whole(table.get("runs", Prove().runs), 1), _whole(table.get("seed", Prove().seed), 0))


def _choice(words: tuple[str, ...]) -> Callable[[Path, Any], str]:
    return lambda _, value: _one_of(value, words)


def _kind(value: Any) -> str:
    kinds = ((bool, "a boolean"), (str, "a string"), (int, "a number"), (float, "a number"), (list, "a list"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "a table")


KEYS: Mapping[str, Callable[[Path, Any], Any]] = {
    "select": _selectors,
    "ignore": _selectors,
    "per-file-ignores": _per_file,
    "include": _texts,
    "exclude": _texts,
    "severity": _severities,
    "baseline": _path,
    "sinks": _texts,
    "markers": _texts,
    "dialect": _dialects,
    "schema": _paths,
    "sqlite": _path,
    "profile": _choice(get_args(Profile)),
    "types": _types,
    "driver": _choice(get_args(Driver)),
    "postgres": _server,
    "postgres-version": _major,
    "locale": _text,
    "helpers": _flag,
    "rules": _paths,
    "prove": _prove,
}
"""Every key of `[tool.sqlport]`, and what makes its value."""
