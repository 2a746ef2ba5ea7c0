"""The drivers as data: `rules/_drivers/*.toml` says what stands for the names of SQLite's libraries."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlport.model import SourceFile, SqlportError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Table:
    """What a driver has for SQLite's libraries.

    `modules` maps each dotted module to its library, `helpers` the library to the module of `sqlport.driver.helpers`
    that keeps its habits, `bases` to the library whose helper that one is built on. `members` and `exceptions` map a
    name of the library to expressions, in which `{helper}` is the helper's module. `functions` are those of PostgreSQL
    that SQLite lacks, `bodies` what stands for a Python expression over the arguments `{a}` and `{b}` in SQL.
    `unported` are other libraries for SQLite, whose calls stay.
    """

    driver: str
    modules: Mapping[str, str]
    helpers: Mapping[str, str]
    bases: Mapping[str, str]
    members: Mapping[str, str]
    exceptions: Mapping[str, tuple[str, ...]]
    functions: frozenset[str]
    bodies: Mapping[str, str]
    unported: frozenset[str]


def folder() -> Path:
    """`rules/_drivers`: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    installed = package / "_rules" / "_drivers"
    return installed if installed.is_dir() else package.parent / "rules" / "_drivers"


@functools.lru_cache(maxsize=4)
def load(driver: str) -> Table | None:
    """The table of a driver, None where calls cannot be ported to it. Raises SqlportError for a broken one."""
    path = folder() / f"{driver}.toml"
    if not path.is_file():
        return None
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        libraries = data["libraries"]
        return Table(
            driver=data["driver"],
            modules={module: name for name, one in libraries.items() for module in one["modules"]},
            helpers={name: one["helper"] for name, one in libraries.items()},
            bases={name: one["base"] for name, one in libraries.items() if "base" in one},
            members=data["members"],
            exceptions={name: tuple(found) for name, found in data["exceptions"].items()},
            functions=frozenset(data["functions"]["names"]),
            bodies=data["functions"]["bodies"],
            unported=frozenset(data["unported"]["modules"]),
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError) as error:
        raise SqlportError(f"{path}: not a readable driver file ({error}); reinstall sqlport") from error


def concerns(file: SourceFile, driver: str = "psycopg") -> bool:
    """Whether a file may name one of SQLite's libraries."""
    table = load(driver)
    return table is not None and any(module.encode() in file.data for module in table.modules)
