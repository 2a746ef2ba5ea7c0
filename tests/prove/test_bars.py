"""The two measures of a proof: what is wrong is found whatever the seed, what is right raises no alarm."""

from __future__ import annotations

import pytest

from sqlport.engines.server import Server
from tests.prove import corpus
from tests.prove.support import proofs


def test_every_planted_defect_is_found_on_two_universes(server: Server) -> None:
    defects = corpus.wrong()
    assert len(defects) >= 40
    found = proofs(server, corpus.SCHEMA, [(original, port) for _, original, port in defects])
    missed = [name for (name, _, _), proof in zip(defects, found, strict=True) if proof.kind != "differs"]
    assert missed == []
    assert all(proof.difference and proof.difference.script and proof.difference.summary for proof in found)


@pytest.mark.parametrize("seed", [0, 1000])
def test_right_ports_raise_no_alarm_on_many_universes(server: Server, seed: int) -> None:
    pairs = corpus.right()
    assert len(pairs) >= 199
    found = proofs(server, corpus.SCHEMA, pairs, runs=10, seed=seed)
    alarms = [(pair, proof.reason) for pair, proof in zip(pairs, found, strict=True) if proof.kind != "same"]
    assert alarms == []
