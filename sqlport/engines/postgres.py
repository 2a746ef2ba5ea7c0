"""The throwaway PostgreSQL server: found, started, used and gone."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from sqlport.engines import _cluster, _installations
from sqlport.engines._installations import Installation
from sqlport.engines._lifetime import ORPHANED_SERVER, guarded
from sqlport.engines.server import Server, connect, describe
from sqlport.model import SqlportError

if TYPE_CHECKING:
    pass

#: The words that `spec` takes beside a URL.
PROVIDERS = ("auto", "embedded", "system", "docker")


@contextmanager
def throwaway(spec: str = "auto", major: int | None = None) -> Iterator[Server]:
    """A server for the length of the block; afterwards nothing of it is left running or on disk.

    `spec` is `auto` (the embedded wheel, else the system's programs, else docker), one of those three, or the
    URL of a server, on which a database is made and dropped and nothing else is touched. With `major` the first
    provider which has that major is taken; where none has, the first that works: `server.info.major` tells.
    Raises SqlportError with the reason, and with the server's own log when it did not start.
    """
    with _provider(spec, major)() as server:
        yield server


def installation(spec: str = "auto", major: int | None = None) -> Installation | None:
    """The local programs that `throwaway` would use; None where it would use docker."""
    found: list[Installation] = []
    if spec in ("auto", "embedded"):
        wheel = _installations.embedded()
        if wheel is not None:
            found.append(wheel)
        elif spec == "embedded":
            raise _installations.no_embedded()
    if spec == "system" or (spec == "auto" and not any(major in (None, each.major) for each in found)):
        found += _installations.system()
        if not found and spec == "system":
            raise SqlportError(
                "no PostgreSQL server programs found on this machine (looked in the usual directories, for "
                "postgres on PATH and at pg_config --bindir): install the server package, or use another --postgres"
            )
    exact = [each for each in found if each.major == major]
    if exact or not found:
        return exact[0] if exact else None
    if spec == "auto" and major is not None and _docker_works():
        return None
    return found[0]


def _provider(spec: str, major: int | None) -> Callable[[], AbstractContextManager[Server]]:
    """What makes the server that `spec` asks for."""
    if spec.startswith(("postgresql://", "postgres://")):
        from sqlport.engines._url import scratch

        return lambda: scratch(spec)
    if spec not in PROVIDERS:
        raise SqlportError(f"unknown server {spec!r}: use {', '.join(PROVIDERS)} or postgresql://...")
    programs = installation(spec, major) if spec != "docker" else None
    if programs is not None:
        return lambda: _local(programs)
    from sqlport.engines import docker

    if spec == "auto" and not docker.works():
        raise SqlportError(f"{_installations.no_embedded()} (no system server and no docker were found either)")
    return lambda: docker.composed(major)


def _docker_works() -> bool:
    from sqlport.engines import docker

    return docker.works()


@contextmanager
def _local(programs: Installation) -> Iterator[Server]:
    """Start the programs of this machine in a private directory."""
    directory = _cluster.choose_directory()
    running: list[subprocess.Popen[bytes]] = []

    def clean_up() -> None:
        for process in running:
            _cluster.stop(process)
        shutil.rmtree(directory, ignore_errors=True)

    with guarded(clean_up, (ORPHANED_SERVER, str(directory))):
        cluster = _cluster.start(programs, directory, spawned=running.append)
        with connect(cluster.url) as connection:
            info = describe(connection, programs.provider)
        yield Server(cluster.url, info, cluster.log, owner=_cluster.OWNER)
