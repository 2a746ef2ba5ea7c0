"""Both engines on the same generated rows: does the port answer what the original answers?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlport.model import Proof, SqlportError
from sqlport.prove.pairs import Pair, Refused, pair_of
from sqlport.prove.prover import Prover

if TYPE_CHECKING:
    from sqlport.catalog import Catalog
    from sqlport.engines.server import Server
    from sqlport.model import Hole, Statement, Target
    from sqlport.semantics import Semantics
    from sqlport.verify import SchemaResult

__all__ = ["Case", "Universes", "prove"]


@dataclass(frozen=True, slots=True)
class Case:
    """A statement and its port: PostgreSQL text with `$1`..., the original parameter of each, its holes.

    `manual_left` tells that a finding is left for which PostgreSQL would reject the port.
    """

    statement: Statement
    port: str
    parameters: tuple[int | str, ...] = ()
    holes: tuple[Hole, ...] = ()
    manual_left: bool = False


@dataclass(frozen=True, slots=True)
class Universes:
    """On how many universes of rows to compare, and the seed of the first."""

    runs: int = 2
    seed: int = 0


def prove(
    server: Server,
    schema: SchemaResult,
    catalog: Catalog,
    definitions: tuple[Sequence[str], Sequence[str]],
    cases: Sequence[Case],
    target: Target,
    universes: Universes = Universes(),
    progress: Callable[[int, int], None] | None = None,
) -> Mapping[str, Proof]:
    """The proof of each case by statement id.

    `schema` is the database with the ported tables, `catalog` knows the original ones, `definitions` are both
    as statements: SQLite's and PostgreSQL's. `progress` is told how much is done of how much.
    Raises SqlportError when the server goes away.
    """
    import psycopg

    proofs: dict[str, Proof] = {}
    read: list[tuple[Pair, Semantics]] = []
    left: set[str] = set()
    for case in cases:
        statement = case.statement
        found = pair_of(statement, case.port, case.parameters, case.holes, catalog, target)
        if isinstance(found, Refused):
            proofs[statement.id] = Proof("unproven", found.reason)
        else:
            read.append(found)
            if case.manual_left:
                left.add(statement.id)
    if read:
        prover = Prover(server, schema, catalog, definitions, read, target, frozenset(left))
        try:
            proofs.update(prover.run(universes.runs, universes.seed, progress))
        except psycopg.OperationalError as error:
            raise SqlportError(f"the PostgreSQL server went away during the proof: {str(error).strip()}") from None
    return proofs
