"""The calls that run SQL, as data: `rules/_sinks/*.toml` and the user's own."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlport.model import Dialect, SqlportError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Sink:
    """A call that runs SQL; the keys are explained in `rules/_sinks/README.md`.

    `key` is the number of the project's helper that it calls, 0 for a library's and a user's sink.
    """

    library: str
    dialect: Dialect
    methods: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    receiver: re.Pattern[str] | None = None
    functions: tuple[str, ...] = ()
    argument: int = 0
    keywords: tuple[str, ...] = ("sql",)
    parameters: int = 1
    parameter_keywords: tuple[str, ...] = ("parameters",)
    spread: bool = False
    many: bool = False
    script: bool = False
    items: bool = False
    checked: bool = False
    silent: bool = False
    key: int = 0


@dataclass(frozen=True, slots=True)
class Sinks:
    """All sinks, indexed by what a call shows, and what is known of types.

    `needs` are bytes of which a file with any sink contains one. `by_node` are the project's own functions, by
    the id of their node.
    """

    by_method: Mapping[str, tuple[Sink, ...]]
    by_function: Mapping[str, tuple[Sink, ...]]
    returns: Mapping[str, str]
    dialects: Mapping[str, Dialect]
    needs: tuple[bytes, ...]
    types: frozenset[str] = frozenset()
    by_node: Mapping[int, tuple[Sink, ...]] = field(default_factory=dict)

    @property
    def function_names(self) -> frozenset[str]:
        """The last names of all sink functions."""
        return frozenset(name.rpartition(".")[2] for name in self.by_function)


ANY_CALLABLE = "*"
"""In `Sinks.by_function`: objects that are called with SQL themselves (`db("SELECT 1")`), known by their name."""
_NAMES = r"(?:db|database|conn(?:ection)?|cur(?:sor)?|query|sql|transaction|tx|execute)\d*"
_CALLABLE = re.compile(rf"(?i)(?:^|_){_NAMES}$")
CALLED = re.compile(rf"(?i)(?:\b|_){_NAMES}(?:\s*\(|\b[^\n]*\)\()".encode())
"""What a file contains that calls such an object."""


def is_callable_name(name: str) -> bool:
    """Whether an object of that name may be one that is called with SQL."""
    return _CALLABLE.search(name) is not None


_KEYS = frozenset(Sink.__dataclass_fields__) - {"library", "dialect", "key"}


def folder() -> Path:
    """`rules/_sinks`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[2]
    installed = package / "_rules" / "_sinks"
    return installed if installed.is_dir() else package.parent / "rules" / "_sinks"


@functools.lru_cache(maxsize=8)
def load(user: tuple[str, ...] = (), path: Path | None = None) -> Sinks:
    """The sinks of the rule book and the user's (see `Settings.sinks`).

    Raises SqlportError with the file or the entry that is wrong.
    """
    sinks: list[Sink] = [_user_sink(entry) for entry in user]
    returns: dict[str, str] = {}
    dialects: dict[str, Dialect] = {}
    needs = {name.encode() for sink in sinks for name in (*sink.methods, *_last(sink.functions))}
    place = path or folder()
    files = sorted(place.glob("*.toml"), key=lambda file: (file.stem == "dbapi", file.name))
    if not files:
        raise SqlportError(f"{place}: no sink files (*.toml) there; reinstall sqlport")
    for file in files:
        data = _read(file)
        returns.update(data.get("returns", {}))
        needs.update(need.encode() for need in data.get("needs", ()))
        dialect: Dialect = data.get("dialect", "unknown")
        dialects[data["library"]] = dialect
        sinks.extend(_sink(entry, data["library"], dialect, file) for entry in data.get("sink", ()))
    return Sinks(
        by_method=_index(sinks, lambda sink: sink.methods),
        by_function=_index(sinks, lambda sink: sink.functions),
        returns=returns,
        dialects=dialects,
        needs=tuple(sorted(needs)),
        types=frozenset(returns.values()) | {name for sink in sinks for name in sink.types},
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SqlportError(f"{file}: not a readable sink file ({error})") from error
    if "library" not in data:
        raise SqlportError(f"{file}: `library` is missing")
    return data


def _sink(entry: Mapping[str, Any], library: str, dialect: Dialect, file: Path) -> Sink:
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise SqlportError(f"{file}: unknown key `{unknown[0]}` of a sink; known are {', '.join(sorted(_KEYS))}")
    if not entry.get("functions") and not entry.get("methods"):
        raise SqlportError(f"{file}: a sink needs `functions` or `methods`")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    if "receiver" in values:
        values["receiver"] = re.compile(values["receiver"])
        values.setdefault("checked", True)
    return Sink(library, dialect, **values)


_USER = re.compile(r"^(?:(?P<path>\*|(?:\w+\.)*\w+)\.)?(?P<name>\w+)(?::(?P<argument>\d+|[A-Za-z_]\w*))?$")


def _user_sink(entry: str) -> Sink:
    match = _USER.match(entry.strip())
    if match is None:
        raise SqlportError(
            f"[tool.sqlport] sinks: `{entry}` is not a sink; write `name`, `Class.name`, `module.name` or `*.name`, "
            "with `:1` or `:keyword` where the SQL is not the first argument"
        )
    name, path, argument = match.group("name", "path", "argument")
    position = int(argument) if argument and argument.isdigit() else (0 if not argument else -1)
    keywords = ("sql", "query", "statement") if not argument or argument.isdigit() else (argument,)
    dotted = f"{path}.{name}" if path and path != "*" else name
    return Sink(
        library="user",
        dialect="unknown",
        methods=(name,),
        functions=(dotted,),
        receiver=re.compile("" if not path or path == "*" else f"(^|\\.){re.escape(path)}$"),
        argument=position,
        keywords=keywords,
        parameters=position + 1 if position >= 0 else 1,
    )


def _last(names: Iterable[str]) -> list[str]:
    return [name.rpartition(".")[2] for name in names]


def _index(sinks: Iterable[Sink], keys: Any) -> dict[str, tuple[Sink, ...]]:
    found: dict[str, list[Sink]] = {}
    for sink in sinks:
        for key in keys(sink):
            found.setdefault(key, []).append(sink)
    return {key: tuple(value) for key, value in found.items()}
