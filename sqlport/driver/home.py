"""Where the helper's module goes in the user's project, how it is imported there, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath

from sqlport.driver.model import Home
from sqlport.driver.table import Table

NAMES = {"sync": ("postgres", "postgres_db", "postgres_connection"), "asynchronous": ("postgres_async", "postgres_aio")}
Exists = Callable[[str], bool]


def home(
    paths: Sequence[str], helper: str, exists: Exists, taken: frozenset[str], imported: frozenset[str] = frozenset()
) -> Home:
    """The module beside the application's own files that open connections; tests only count where there is no other.

    `paths` are the files that open connections, `taken` the names that they use otherwise, `imported` the dotted
    names that any file imports. A file in a package comes before a loose script, which others cannot import from; files
    in several packages share the one around them.
    """
    own = [path for path in paths if not is_test(path)] or list(paths)
    packages = {path: _package(PurePosixPath(path).parent, exists, imported) for path in own}
    first = min(own, key=lambda path: (not packages[path], path.count("/"), path))
    folder, package = PurePosixPath(first).parent, packages[first]
    shared = _shared([names for names in packages.values() if names])
    if shared and len(shared) < len(package):
        folder, package = folder.parents[len(package) - len(shared) - 1], shared
    for name in NAMES[helper]:
        path = (folder / f"{name}.py").as_posix()
        if name not in taken and not exists(path):
            return Home(path, ".".join([*package, name]), name)
    name = f"{NAMES[helper][0]}_{len(taken)}"
    return Home((folder / f"{name}.py").as_posix(), ".".join([*package, name]), name)


def _shared(packages: Sequence[list[str]]) -> list[str]:
    """The package that all of them are in; empty where there is none."""
    columns = takewhile(lambda names: len(set(names)) == 1, zip(*packages, strict=False))
    return [names[0] for names in columns]


def _package(folder: PurePosixPath, exists: Exists, imported: frozenset[str]) -> list[str]:
    """The dotted name of a folder: of its packages, or as files of the project import what is in it."""
    package: list[str] = []
    root = folder
    while root.name and exists((root / "__init__.py").as_posix()):
        package.insert(0, root.name)
        root = root.parent
    if package:  # what it lies in may be a package without __init__.py, as the imports tell
        around = [[*root.parts[start:], *package] for start in range(len(root.parts) + 1)]
        below = root.parts.index("src") + 1 if "src" in root.parts else len(root.parts)
        seen = (one for one in around if ".".join(one[: len(one) - len(package) + 1]) in imported)
        return next(seen, around[below])
    longest = (list(folder.parts[start:]) for start in range(len(folder.parts)))
    return next((parts for parts in longest if ".".join(parts) in imported), [])


def is_test(path: str) -> bool:
    """Whether a file belongs to the tests."""
    parts = PurePosixPath(path)
    return (
        "tests" in parts.parts[:-1]
        or "test" in parts.parts[:-1]
        or parts.name.startswith("test_")
        or parts.name in ("conftest.py", "tests.py")
        or parts.stem.endswith("_test")
    )


def text_of(library: str, table: Table, homes: Mapping[str, Home]) -> str:
    """The helper's module as it is put into the project."""
    text = (Path(__file__).parent / "helpers" / f"{table.helpers[library]}.py").read_text(encoding="utf-8")
    base = table.bases.get(library)
    if base is not None:
        text = text.replace(f"sqlport.driver.helpers.{table.helpers[base]}", homes[base].module)
    return text
