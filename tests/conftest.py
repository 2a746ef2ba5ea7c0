"""What tests of several rooms share: one real server for the whole session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sqlport.engines.postgres import throwaway
from sqlport.engines.server import Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The embedded PostgreSQL; make own databases on it with `server.database()`."""
    with throwaway("embedded") as running:
        yield running
