"""Ports put to the proof: what the ledger knows already, and one server for verdicts and proofs of the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sqlport.judging import Case, Docket, Judgement, of_docket
from sqlport.model import Proof, Verdict
from sqlport.prove import ledger

if TYPE_CHECKING:
    from sqlport.config import Config
    from sqlport.engines.server import Server
    from sqlport.verify import SchemaResult


@dataclass(frozen=True, slots=True)
class Proving:
    """The proof of each port by statement id, with PostgreSQL's verdicts on them."""

    proofs: Mapping[str, Proof] = field(default_factory=dict)
    judgement: Judgement = field(default_factory=Judgement)


def proven(
    asked: Sequence[Docket],
    config: Config,
    progress: Callable[[str, int, int], None] | None,
    *,
    only: frozenset[str] | None = None,
    again: bool = False,
    whole: bool = False,
) -> Proving:
    """The verdict on every port and the proof of each, or only of those with the ids `only`.

    Proofs of unchanged statements come from the ledger, unless `again`; new ones go into it, and with `whole`
    (all statements of the project are there) those that no statement asks for are taken out.
    Raises SqlportError where no server can be had or the ledger cannot be used.
    """
    from sqlport.engines.postgres import throwaway
    from sqlport.verify import prepare_schema

    if not asked:
        return Proving()
    known = {} if again else ledger.load(config.root)
    proofs: dict[str, Proof] = {}
    verdicts: dict[str, Verdict] = {}
    entries: list[ledger.Entry] = []
    with throwaway(config.postgres, config.postgres_version) as server:
        for number, docket in enumerate(asked):
            if progress is not None:
                progress("asking PostgreSQL", number, len(asked))
            prepared = prepare_schema(server, docket.ddl)
            of_it = of_docket(server, docket, prepared, config.target)
            verdicts.update(of_it)
            cases = [case for case in docket.cases if only is None or case.ported.statement.id in only]
            keyed = {case.ported.statement.id: _entry(case, docket, config, server.info.major) for case in cases}
            for case in cases:
                identity = case.ported.statement.id
                stored = known.get(keyed[identity].key)
                early = _unaskable(case, of_it[identity])
                if early is not None or stored is not None:
                    proofs[identity] = early or _of_ledger(stored)
            left = [case for case in cases if case.ported.statement.id not in proofs]
            proofs.update(_asked(server, prepared, docket, left, config, progress))
            entries += [replace(entry, proof=proofs[identity]) for identity, entry in keyed.items()]
            server.drop_database(prepared.database)
        info = server.info
    ledger.store(config.root, [entry for entry in entries if entry.proof.kind != "unproven"])
    if whole:
        ledger.prune(config.root, known.keys() - {entry.key for entry in entries})
    signed = {identity: replace(proof, server=info) for identity, proof in proofs.items()}
    return Proving(signed, Judgement(verdicts, info))


def held_back(proofs: Mapping[str, Proof]) -> Mapping[str, str]:
    """Why a port is not written, by statement id: for those that are not proven the same."""
    return {identity: f"{proof.kind}: {proof.reason}" for identity, proof in proofs.items() if proof.kind != "same"}


def _asked(
    server: Server,
    prepared: SchemaResult,
    docket: Docket,
    cases: Sequence[Case],
    config: Config,
    progress: Callable[[str, int, int], None] | None,
) -> Mapping[str, Proof]:
    """The proofs of the cases of one docket."""
    from sqlport.prove import Case as Pair
    from sqlport.prove import Universes, prove

    if not cases:
        return {}
    pairs = [
        Pair(one.statement, one.port.question, one.port.question_parameters, one.port.question_holes)
        for one in (case.ported for case in cases)
    ]
    universes = Universes(config.prove.runs, config.prove.seed)

    def told(done: int, of: int) -> None:
        if progress is not None:
            progress("comparing", done, of)

    definitions = (docket.schema.definitions, docket.ddl)
    return prove(server, prepared, docket.schema.catalog, definitions, pairs, config.target, universes, told)


def _unaskable(case: Case, verdict: Verdict) -> Proof | None:
    """The proof of a port that PostgreSQL would not run."""
    if verdict.kind == "rejected":
        return Proof("unproven", f"rejected: {verdict.sqlstate} {verdict.message}")
    if verdict.kind == "unverified" and verdict.reason in ("no-schema", "manual-left"):
        return Proof("unproven", f"{verdict.reason}: {' '.join(filter(None, (verdict.sqlstate, verdict.message)))}")
    return None


def _entry(case: Case, docket: Docket, config: Config, major: int) -> ledger.Entry:
    one = case.ported
    types = tuple(one.statement.arguments.types.get(key) for key in one.port.question_parameters)
    schema = ledger.schema_digest(docket.schema.definitions, docket.ddl)
    runs = (config.prove.runs, config.prove.seed)
    return ledger.entry(one.statement.sql, one.port.question, schema, config.target, major, runs, types)


def _of_ledger(stored: ledger.Entry | None) -> Proof:
    assert stored is not None  # the caller has looked
    return stored.proof
