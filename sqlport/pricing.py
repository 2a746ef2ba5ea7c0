"""What another type of a column costs: the statements and the lines of the program that have to change with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlport.model import Statement

if TYPE_CHECKING:
    from sqlglot import exp

    from sqlport.catalog import Catalog
    from sqlport.config import Config
    from sqlport.model import StatementPort
    from sqlport.porting import Request
    from sqlport.semantics import Semantics

_READ_AS = {
    "boolean": "a bool (1 == True, but it prints as True)",
    "timestamptz": "a datetime with a zone",
    "timestamp": "a datetime",
    "date": "a date",
    "time": "a time",
    "timetz": "a time with a zone",
    "jsonb": "the document itself (a dict or list)",
    "uuid": "a UUID",
    "numeric": "a Decimal",
}
_NOT_FROM_TEXT = {"boolean": "a bool: PostgreSQL takes no integer for one"}


@dataclass(frozen=True, slots=True)
class Change:
    """A line that has to be looked at: `by_hand` where `sqlport fix` does not do it."""

    path: str
    line: int
    what: str
    by_hand: bool = True

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}"


def prices(
    paths: Sequence[str | Path],
    config: Config,
    catalog: Catalog,
    wanted: Mapping[str, str],
    judge: Callable[[Mapping[str, str], Sequence[str]], Sequence[str]],
) -> Mapping[str, tuple[Change, ...]]:
    """The changes for each `table.column` that gets the type named for it, in the order of the code.

    Each statement is ported twice, with the types as they are and with the new one: what the rules find only then
    is the price, besides what the program reads as another type or has to pass as one. `judge` gives, for a schema
    with these types and for each ported statement (placeholders as `$1`), PostgreSQL's refusal or an empty text.
    Raises SqlportError for a path or a configuration that cannot be used.
    """
    from sqlport import project
    from sqlport.porting import Request

    source = project.read(paths, config, None)
    request = Request(config.target, catalog, project.rulebook(config), lambda rule: True, unsafe=True)
    found: dict[str, dict[Change, None]] = {key: {} for key in wanted}
    cases: list[_Case] = []
    for statement in source.statements:
        if statement.dialect == "postgres" or statement.host == "sql" or not statement.resolved or _defines(statement):
            continue
        touched = tuple(key for key in wanted if _may_touch(statement.sql, key))
        if not touched:
            continue
        asked = replace(request, arguments=statement.arguments, passes_parameters=statement.arguments.passed)
        before = _ported(statement, asked)
        for key in touched:
            types = {**config.target.types, key: wanted[key]}
            other = replace(asked, target=replace(config.target, types=types))
            for change in _changes(statement, key, wanted[key], before, _ported(statement, other), other):
                found[key].setdefault(change)
        whole = replace(asked, target=replace(config.target, types={**config.target.types, **wanted}))
        cases.append(_Case(statement, touched, before, _ported(statement, whole)))
    for key, change in _refused(cases, wanted, judge):
        found[key].setdefault(change)
    return {key: tuple(sorted(changes, key=lambda each: (each.path, each.line))) for key, changes in found.items()}


@dataclass(frozen=True, slots=True)
class _Case:
    statement: Statement
    touched: tuple[str, ...]
    before: StatementPort
    after: StatementPort


def _refused(
    cases: Sequence[_Case],
    wanted: Mapping[str, str],
    judge: Callable[[Mapping[str, str], Sequence[str]], Sequence[str]],
) -> Iterator[tuple[str, Change]]:
    """What PostgreSQL plans with the types as they are, and refuses with the new ones."""
    asked = [case for case in cases if not case.after.question_holes]
    if not asked:
        return
    now = judge({}, [case.before.question for case in asked])
    then = judge(wanted, [case.after.question for case in asked])
    for case, before, after in zip(asked, now, then, strict=True):
        if before or not after:
            continue
        named = [key for key in case.touched if _words(wanted[key]) in after] or list(case.touched)
        for key in named:
            what = f"PostgreSQL refuses the port of this statement then: {after}"
            yield key, Change(case.statement.path, case.statement.line, what)


def _words(type_: str) -> str:
    """A type as PostgreSQL's messages call it."""
    base = type_.partition("(")[0]
    return {"timestamptz": "timestamp with time zone", "timestamp": "timestamp without time zone"}.get(base, base)


def _defines(statement: Statement) -> bool:
    """Whether it makes tables and the like: the port of the schema does that."""
    return re.match(r"(?i)\s*(?:create|alter|drop)\b", statement.sql) is not None


def _may_touch(sql: str, key: str) -> bool:
    """A cheap look at the words."""
    table, _, column = key.rpartition(".")
    names_column = re.search(rf"(?i)\b{re.escape(column)}\b", sql) is not None
    return names_column or (re.search(rf"(?i)\b{re.escape(table)}\b", sql) is not None and _is_implicit(sql))


def _is_implicit(sql: str) -> bool:
    """Whether all columns are meant without being named."""
    return "*" in sql or re.match(r"(?i)\s*(?:insert|replace)\b", sql) is not None


def _ported(statement: Statement, request: Request) -> StatementPort:
    from sqlport.porting import port_statement

    return port_statement(statement.sql, statement.holes, request)


def _changes(
    statement: Statement,
    key: str,
    type_: str,
    before: StatementPort,
    after: StatementPort,
    request: Request,
) -> Iterator[Change]:
    from sqlglot import exp

    from sqlport.prove.uses import use_of
    from sqlport.semantics import Semantics
    from sqlport.sql import read

    known = {(finding.code, finding.span) for finding in before.findings}
    new = [finding for finding in after.findings if (finding.code, finding.span) not in known]
    new = list({finding.span: finding for finding in reversed(new)}.values())[::-1]  # one for each place
    for finding in new:
        line = statement.line + statement.sql.count("\n", 0, finding.span.start)
        yield Change(statement.path, line, f"{finding.message} ({finding.code})", not finding.applied)
    parsed = read(statement.sql, statement.holes)
    if parsed.tree is None:
        return
    semantics = Semantics(parsed, request.catalog, request.target)
    table, _, column = key.rpartition(".")
    mine = (table.lower(), column.lower())
    base = type_.partition("(")[0]
    place = statement.sink_path, statement.sink_line
    told = any(finding.code == "DTF010" for finding in new)
    if base in _READ_AS and not told and mine in _read(semantics, parsed.tree):
        yield Change(*place, f"reads {column} as {_READ_AS[base]}")
    if base in _NOT_FROM_TEXT and not any(finding.code == "BOO005" and finding.applied for finding in new):
        uses = (use_of(node, semantics) for node in parsed.nodes(exp.Placeholder))
        if any(use.role in ("compared", "stored") and mine in use.columns for use in uses):
            yield Change(*place, f"passes {column}, which has to be {_NOT_FROM_TEXT[base]}")


def _read(semantics: Semantics, tree: exp.Expr) -> set[tuple[str, str]]:
    """The columns that the program gets from the statement as they are."""
    from sqlglot import exp

    from sqlport.prove.uses import columns_in, key_of

    if not isinstance(tree, exp.Select | exp.SetOperation):
        return set()
    found: set[tuple[str, str]] = set()
    for _, item in semantics.scopes.projections(tree):
        if isinstance(item, exp.Star) or (isinstance(item, exp.Column) and isinstance(item.this, exp.Star)):
            query = semantics.scopes.query_of(item)
            wanted = item.table.lower() if isinstance(item, exp.Column) else ""
            for source in semantics.scopes.sources(query) if query is not None else ():
                if source.table is not None and wanted in ("", source.alias):
                    found.update(key_of(source.table, column.name) for column in source.table.columns)
        elif isinstance(item, exp.Column):
            found.update(columns_in(item, semantics))
    return found
