"""Rules that a pattern cannot express: one small module for each, with one function `find(context)`.

A fixer only looks and proposes. It yields a Proposal for each place where its rule holds; whether the proposal
becomes part of the port is decided by the pipeline (applicability, holes, conflicts, the server).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from sqlport.model import Applicability, Arguments, Span, Target
from sqlport.script import NOTHING, Part

if TYPE_CHECKING:
    from sqlport.catalog import Catalog
    from sqlport.model import StatementPort
    from sqlport.semantics import Semantics
    from sqlport.sql import Parsed, Rewrite


class Port(Protocol):
    """Ports a statement that stands inside another one, with these tables, unsafe fixes made."""

    def __call__(self, sql: str, catalog: Catalog) -> StatementPort: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What a fixer may ask: the statement, what its names and expressions are, and what it is ported to.

    `speaks_target` tells whether the call (or the `.sql` file) takes the target driver's placeholders;
    `passes_parameters` whether parameters are passed at all, so that the driver reads `%`; `arguments` what is
    known of their types. `before` and `after` are the other statements of the same script; `is_script`
    tells that they are all there are, which nobody knows of the calls of a program. `port` is for the statements
    of a trigger's body. `converts` tells that sqlite3 itself makes dates and times of columns by their declared type.
    `alike` tells that other statements are written with a part of the same text, and need the same fixes.
    `deferred` are the (folded) tables behind whose CREATE TABLE the keys that refer to them are added.
    """

    parsed: Parsed
    catalog: Catalog
    semantics: Semantics
    target: Target
    speaks_target: bool = False
    passes_parameters: bool = False
    arguments: Arguments = Arguments()
    before: Part = NOTHING
    after: Part = NOTHING
    port: Port | None = None
    is_script: bool = False
    converts: bool = False
    alike: bool = False
    deferred: frozenset[str] = frozenset()

    def argument_type(self, key: int | str) -> str:
        """The Python type that is passed for a parameter (`Placeholder.key`); empty where that is not known."""
        return self.arguments.types.get(key, "")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A rule at a place: `span` is what the finding points at, `rewrites` what would make it right.

    Without rewrites it is a finding that a person has to act on. `applicability`, `message` and `condition`
    take the place of the rule's own where they are given.
    """

    span: Span
    rewrites: tuple[Rewrite, ...] = ()
    applicability: Applicability | None = None
    message: str = ""
    condition: str = ""
