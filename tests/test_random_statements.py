"""Random statements on both engines: no other rows and no refusal without a finding."""

from __future__ import annotations

import pytest

from benchmarks.fuzz import verdicts
from sqlport.engines.server import Server


@pytest.mark.parametrize(("seed", "unsafe"), [(5, True), (6, False)])
def test_nothing_goes_wrong_unnoticed(seed: int, unsafe: bool, server: Server) -> None:
    with server.database() as name, server.connect(name) as connection:
        found = list(verdicts(400, seed, connection, unsafe=unsafe))
    assert [(verdict.kind, verdict.sql) for verdict in found if verdict.kind in ("silent", "refused")] == []
    assert sum(verdict.kind == "equal" for verdict in found) > 250
