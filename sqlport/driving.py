"""The calls around the SQL in the pipeline: whether they are ported with it, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlport.model import DEFAULT_SEVERITY, Applicability, Effect, FileEdit, Finding, Fix, Statement
from sqlport.notices import NAMES
from sqlport.placing import Placer

if TYPE_CHECKING:
    from sqlport.config import Config
    from sqlport.driver.model import Change
    from sqlport.driver.plan import DriverPort
    from sqlport.hosts.rust.calls import Call, Calls
    from sqlport.reporting import Source
    from sqlport.rulebook import Rulebook

_HELD = "refused"
_WHOLE_CRATE = "all of the crate moves to PostgreSQL, with the feature of sqlx in its Cargo.toml"
# What the helper's connection sends as text without a type, so that the column decides what it is.
_UNTYPED = frozenset(["bool", "datetime", "date"])


@dataclass(frozen=True, slots=True)
class Driving:
    """The plan for the calls, and whether it is carried out (`made`): only with --unsafe, and only as a whole.

    `rust` are the calls of Rust code, each of which stands for itself.
    """

    plan: DriverPort | None = None
    made: bool = False
    rust: Calls | None = None
    rust_made: bool = False

    def speaks(self, statement: Statement) -> bool:
        """Whether the statement's call takes the target driver's placeholders after this run."""
        return self.made and self.plan is not None and statement.id in self.plan.speaking

    def returning(self, statement: Statement) -> str:
        """The column that the statement has to return, since its call asks for the row's number."""
        if self.rust_made and self.rust is not None and statement.id in self.rust.returning:
            return self.rust.returning[statement.id]
        return self.plan.returning.get(statement.id, "") if self.made and self.plan is not None else ""

    def parameters(self, statement: Statement, keys: Sequence[int | str]) -> tuple[FileEdit, ...] | None:
        """What gives a call its values in the order of `keys`, None where that cannot be done."""
        from sqlport.driver.codemods.parameters import follow

        if self.plan is None or not self.speaks(statement):
            return ()
        return follow(self.plan.bindings.get(statement.id), keys)

    def edits(self) -> tuple[FileEdit, ...]:
        """The edits of the calls that are made."""
        from sqlport.driver.model import joined

        rust = [edit for call in self.rust.changes for edit in call.edits] if self.rust_made and self.rust else []
        return (*(joined(self.plan.changes) if self.made and self.plan is not None else ()), *dict.fromkeys(rust))

    def created(self) -> dict[str, tuple[str, str]]:
        """The new files, as diffs from nothing."""
        if not self.made or self.plan is None:
            return {}
        return {path: ("", text) for path, text in self.plan.created.items()}


def driving(source: Source, config: Config, book: Rulebook, *, unsafe: bool) -> Driving:
    """What becomes of the calls of SQLite's libraries in these files."""
    from sqlport.driver.plan import plan
    from sqlport.hosts.rust.calls import calls
    from sqlport.tables import tables_of

    tables = tables_of(source.statements, config)
    rust = _wanted(calls(source.files, source.statements, lambda path: tables.of(path).catalog), source, config)
    if config.driver is not None:  # the user has said that the calls speak a driver already
        return Driving(rust=rust, rust_made=unsafe)
    muted = _muted(source, config, book)
    found = plan(source.files, source.statements, lambda path: tables.of(path).catalog, config.target, is_muted=muted)
    return Driving(found, unsafe and found is not None and found.is_made, rust, unsafe)


def told(statement: Statement) -> Statement:
    """The statement with the types of its parameters as the helper's connection sends them."""
    known = statement.arguments
    types = {key: kind for key, kind in known.types.items() if kind not in _UNTYPED}
    return replace(statement, arguments=replace(known, types=types))


def findings(done: Driving, source: Source, book: Rulebook) -> Sequence[Finding]:
    """What is said of the calls and of settings that name SQLite, at their places."""
    from sqlport.driver import settings

    placer = Placer(source.files)
    around = [_of_rust(call, placer, made=done.rust_made) for call in done.rust.changes] if done.rust else []
    around += settings.findings(source.files)
    if done.plan is None:
        return around
    found = [_finding(change, placer, book, made=done.made) for change in done.plan.changes]
    if done.plan.refused:
        reason = f"{_HELD}: {done.plan.refused}"
        found = [replace(one, fix=replace(one.fix, reason=reason)) if one.fix else one for one in found]
    return [*found, *around]


def _wanted(found: Calls, source: Source, config: Config) -> Calls:
    """The calls of Rust code; what the user does not want changed has no edits."""
    from sqlport import suppress

    placer = Placer(source.files)
    changes = []
    for call in found.changes:
        finding = _of_rust(call, placer, made=False)
        wanted = config.selects(finding.code, finding.name, call.path)
        kept = suppress.apply([finding], source.suppressions, ())
        muted = not wanted or not any(one.code == finding.code for one in kept)
        changes.append(replace(call, edits=()) if muted else call)
    return replace(found, changes=tuple(changes))


def _of_rust(call: Call, placer: Placer, *, made: bool) -> Finding:
    fix = Fix(Applicability.UNSAFE, files=call.edits, condition=_WHOLE_CRATE) if call.edits else None
    return Finding(
        code=call.code,
        name=NAMES[call.code],
        effect=Effect.REJECTED,
        severity=DEFAULT_SEVERITY[Effect.REJECTED],
        message=call.message,
        span=call.span,
        applicability=Applicability.UNSAFE if fix else Applicability.MANUAL,
        applied=made and fix is not None,
        fix=fix,
        place=placer.of_file(call.path, call.span),
    )


def _finding(change: Change, placer: Placer, book: Rulebook, *, made: bool) -> Finding:
    rule = book.find(change.code)
    assert rule is not None, change.code
    fix = Fix(rule.fix, files=change.edits, condition=rule.condition) if change.edits else None
    return Finding(
        code=rule.code,
        name=rule.name,
        effect=rule.effect,
        severity=DEFAULT_SEVERITY[rule.effect],
        message=change.message or rule.message,
        span=change.span,
        applicability=rule.fix if change.edits else Applicability.MANUAL,
        applied=made and bool(change.edits),
        fix=fix,
        place=placer.of_file(change.path, change.span),
    )


def _muted(source: Source, config: Config, book: Rulebook) -> Callable[[Change], bool]:
    """Whether the user does not want a change: its rule is not selected, or a comment takes it out."""
    from sqlport import suppress

    placer = Placer(source.files)

    def muted(change: Change) -> bool:
        finding = _finding(change, placer, book, made=False)
        if not config.selects(finding.code, finding.name, change.path):
            return True
        kept = suppress.apply([finding], source.suppressions, ())
        return not any(one.code == finding.code for one in kept)

    return muted
