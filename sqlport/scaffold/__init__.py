"""What a project on PostgreSQL needs beside ported SQL: a connection module, a test server, fixtures, guides.

`plan` says which files of a project would be new or get a line more; nothing that is there is replaced.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlport.config import Config
from sqlport.engines.docker import compose_file
from sqlport.files import discover, read_source, write_atomic
from sqlport.model import SqlportError
from sqlport.results import Report
from sqlport.scaffold import guides
from sqlport.scaffold.guides import Guide, template

REQUIREMENTS = ("psycopg[binary]>=3.2.12", "psycopg_pool>=3.2.6", "tenacity>=9.0")
"""What the connection module imports."""

MODULE = "postgres.py"
"""The connection module."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A file, relative to the project's root, with the text that it has (None: it is new) and that it would have."""

    path: str
    old: str | None
    new: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`files` to write, and `notes`: what was left as it is and why, what is the user's to add."""

    files: tuple[Planned, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Project:
    """What is there: the folder of the package, the folder of the tests, whether the code is asynchronous."""

    root: Path
    package: Path
    tests: Path
    asynchronous: bool


def look(root: Path, paths: Sequence[str], package: str | None = None) -> Project:
    """The layout of the project at `root`. Raises SqlportError when `package` is no folder."""
    if package is not None and not (root / package).is_dir():
        raise SqlportError(f"{package}: no folder of that name in {root}; --package names the one for the new module")
    folder = root / package if package else _package(root)
    tests = next((root / name for name in ("tests", "test") if (root / name).is_dir()), root / "tests")
    uses = re.compile(rb"^\s*(?:import|from)\s+aiosqlite\b", re.MULTILINE)
    asynchronous = any(uses.search(read_source(path).data) for path in discover(paths, suffixes=(".py",)))
    return Project(root, folder, tests, asynchronous)


def _package(root: Path) -> Path:
    """The only package of the project, in `src/` or beside it; else the root itself."""
    for base in (root / "src", root):
        found = [entry.parent for entry in sorted(base.glob("*/__init__.py")) if entry.parent.name not in _NO_PACKAGE]
        if len(found) == 1:
            return found[0]
    return root


_NO_PACKAGE = frozenset(("tests", "test", "docs", "migrations", "benchmarks", "examples", "scripts"))


def plan(project: Project, report: Report, config: Config) -> Plan:
    """All files for the project; the guides are written from what `check` found in it (`report`)."""
    files: list[Planned] = []
    notes: list[str] = []
    for path, new in (
        *_new_files(project),
        *guides.pages(Guide(project.root, _below(project, project.package / MODULE), report, config)),
    ):
        old = _read(path)
        if old is None:
            files.append(Planned(_below(project, path), None, new))
        elif old != new:
            notes.append(f"{_below(project, path)} is there and stays as it is; remove it to have it made again")
    for path, line, there in _lines(project):
        old = _read(path)
        if old is None or not re.search(there, old, re.MULTILINE):
            begin = f"{old}\n" if old and not old.endswith("\n") else old or ""
            files.append(Planned(_below(project, path), old, begin + line))
    notes.extend(_by_hand(project))
    return Plan(_merged(files), tuple(notes))


def _new_files(project: Project) -> Iterator[tuple[Path, str]]:
    module = "postgres_async.py" if project.asynchronous else "postgres.py"
    yield project.package / MODULE, template(module)
    yield project.root / "docker-compose.test.yml", compose_file().read_text(encoding="utf-8")
    yield project.root / "postgres.mk", template("postgres.mk")
    yield project.tests / "postgres_fixtures.py", template("postgres_fixtures.py")
    if (project.root / ".github").is_dir():
        yield project.root / ".github" / "workflows" / "sqlport.yml", template("workflow.yml")
    if not (project.root / ".pre-commit-config.yaml").exists():
        yield project.root / ".pre-commit-config.yaml", template("pre-commit-config.yaml")


def _lines(project: Project) -> Iterator[tuple[Path, str, str]]:
    """Lines at the end of files that may be there: the file, the line, and how to know that it has it."""
    makefile = next(
        (project.root / name for name in ("GNUmakefile", "makefile", "Makefile") if (project.root / name).exists()),
        None,
    )
    yield makefile or project.root / "Makefile", "include postgres.mk\n", r"^-?include\s+postgres\.mk\b"
    home = "." if (project.tests / "__init__.py").exists() else ""
    fixtures = "database, database_template"
    imported = f"from {home}postgres_fixtures import {fixtures}  # noqa: E402, F401\n"
    yield project.tests / "conftest.py", imported, r"\bpostgres_fixtures\b"
    requirements = project.root / "requirements.txt"
    if requirements.exists():
        for requirement in REQUIREMENTS:
            name = re.split(r"[\[>]", requirement)[0]
            yield requirements, requirement + "\n", rf"(?i)^\s*{name.replace('_', '[-_.]')}\b(?![-_.]\w)"


def _by_hand(project: Project) -> Iterator[str]:
    """What this leaves to the user, because a file of theirs would have to be edited in the middle."""
    if (project.root / "pyproject.toml").exists() and not (project.root / "requirements.txt").exists():
        known = (_read(project.root / "pyproject.toml") or "").lower().replace("-", "_")
        missing = [one for one in REQUIREMENTS if re.split(r"[\[>]", one)[0] not in known]
        if missing:
            listed = ", ".join(f'"{one}"' for one in missing)
            yield f"pyproject.toml: add {listed} to the dependencies"
    hooks = _read(project.root / ".pre-commit-config.yaml")
    if hooks is not None and "sqlport" not in hooks:
        yield ".pre-commit-config.yaml is there: add the hook that docs/postgres/migration.md shows"


def _merged(files: Sequence[Planned]) -> tuple[Planned, ...]:
    """Lines for the same file, one after the other."""
    merged: dict[str, Planned] = {}
    for one in files:
        before = merged.get(one.path)
        if before is None:
            merged[one.path] = one
        else:
            added = one.new[len(one.old or "") :].lstrip("\n")
            merged[one.path] = Planned(one.path, before.old, before.new + added)
    return tuple(merged.values())


def _read(path: Path) -> str | None:
    return read_source(path).text if path.is_file() else None


def _below(project: Project, path: Path) -> str:
    return path.relative_to(project.root).as_posix()


def write_all(root: Path, planned: Plan) -> None:
    """Write the files; each one whole or not at all. Raises SqlportError for one that changed or came up meanwhile."""
    for one in planned.files:
        path = root / one.path
        if one.old is not None:
            write_atomic(read_source(path), one.new)
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8", newline="\n") as stream:
                stream.write(one.new)
        except OSError as error:
            raise SqlportError(f"{one.path}: cannot be written ({error.strerror}); what came before it is") from error
