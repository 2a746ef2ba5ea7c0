"""The server of `docker-compose.test.yml`, started under a project name of its own and removed afterwards."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlport.engines._cluster import DATABASE, OWNER
from sqlport.engines._lifetime import guarded
from sqlport.engines.server import Server, connect, describe
from sqlport.model import SqlportError

_FILE = "docker-compose.test.yml"
_START_SECONDS = 300  # the first start pulls the image
_DEFAULT_MAJOR = 16

#: What the watching shell runs when this process is gone: `$1` is the compose file, `$2` the project.
_ORPHANED = """
trap '' HUP INT QUIT TERM
read -r _ && exit 0
docker compose --file "$1" --project-name "$2" down --volumes --timeout 0
"""


def works() -> bool:
    """Whether docker with compose is here and its daemon answers."""
    if shutil.which("docker") is None:
        return False
    try:
        for command in (["docker", "compose", "version"], ["docker", "info"]):
            if subprocess.run(command, capture_output=True, check=False, timeout=15).returncode != 0:
                return False
    except subprocess.TimeoutExpired:
        return False
    return True


def compose_file() -> Path:
    """The compose file: beside the package in a wheel, at the top of a checkout."""
    here = Path(__file__).resolve()
    for candidate in (here.with_name(_FILE), here.parents[2] / _FILE):
        if candidate.is_file():
            return candidate
    raise SqlportError(f"{_FILE} is missing from this installation of sqlport: install it again")


@contextmanager
def composed(major: int | None = None) -> Iterator[Server]:
    """Start PostgreSQL `major` (16) by docker compose; SqlportError says why docker cannot."""
    project = new_project()
    _docker(["docker", "compose", "version"])
    with guarded(lambda: remove(project), (_ORPHANED, str(compose_file()), project)):
        url = launch(project, major)
        with connect(url) as connection:
            info = describe(connection, "docker")
        yield Server(url, info, owner=OWNER)


def new_project() -> str:
    """A project name for docker compose that nobody uses."""
    return f"sqlport-{secrets.token_hex(6)}"


def launch(project: str, major: int | None = None) -> str:
    """Start the server of the compose file as `project`, wait until it is healthy, and return its URL."""
    password = secrets.token_hex(16)
    environment = {
        **os.environ,
        "SQLPORT_POSTGRES_MAJOR": str(major or _DEFAULT_MAJOR),
        "SQLPORT_POSTGRES_PASSWORD": password,
        "SQLPORT_POSTGRES_PORT": "",
    }
    _docker([*_compose(project), "up", "--detach", "--wait"], environment)
    address = _docker([*_compose(project), "port", "db", "5432"], environment)
    url = f"postgresql://postgres:{password}@127.0.0.1:{address.strip().rpartition(':')[2]}/{DATABASE}"
    with connect(url) as connection:
        from psycopg import sql

        statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
        connection.execute(statement.format(sql.Identifier(OWNER), sql.Literal(password)))
    return url


def remove(project: str) -> None:
    """Stop and remove what `launch` started."""
    _docker([*_compose(project), "down", "--volumes", "--timeout", "0"])


def is_up(project: str) -> bool:
    """Whether the project's container runs."""
    return bool(_docker([*_compose(project), "ps", "--quiet"]).strip())


def log(project: str) -> str:
    """What the server has said so far."""
    return _docker([*_compose(project), "logs", "--no-color", "--no-log-prefix"])


def _compose(project: str) -> list[str]:
    return ["docker", "compose", "--file", str(compose_file()), "--project-name", project]


def _docker(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str:
    """Run docker and return what it printed; SqlportError with its own words when it fails."""
    try:
        answer = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=_START_SECONDS
        )
    except FileNotFoundError:
        raise SqlportError("docker is not installed: use --postgres embedded, system or postgresql://...") from None
    except subprocess.TimeoutExpired:
        raise SqlportError(
            f"{' '.join(command[:3])} took longer than {_START_SECONDS} seconds: is the docker daemon well?"
        ) from None
    if answer.returncode != 0:
        words = (answer.stderr or answer.stdout).strip()
        raise SqlportError(
            f"docker could not be used for PostgreSQL ({' '.join(command[:3])}): {words}\n"
            "start the docker daemon with the compose plugin, or use --postgres embedded, system or "
            "postgresql://..."
        )
    return answer.stdout
