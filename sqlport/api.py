"""sqlport from Python: port a text; check and fix files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlport.model import Applicability, Arguments, Driver, Edit, Effect, Finding, Port, Profile, Severity, Span, Target

if TYPE_CHECKING:
    from pathlib import Path

    from sqlport.config import Config
    from sqlport.results import Report
    from sqlport.rulebook import Rulebook


def port(
    sql: str,
    *,
    schema: str = "",
    driver: Driver = "psycopg",
    unsafe: bool = False,
    profile: Profile = "faithful",
    params: Sequence[Any] | Mapping[str, Any] | None = None,
    locale: str = "C",
) -> Port:
    """Port SQLite SQL, one statement or a script, to PostgreSQL.

    `schema` is the SQLite DDL of the tables that the statements use; tables that `sql` itself creates are
    known as well. `unsafe` makes fixes whose condition sqlport cannot check. `params` are the parameters as
    the program passes them: psycopg reads `%` only when there are some. `locale` is that of the database: in any but
    `C` (empty: not known) text is given the collation C, under which it compares as in SQLite.

    Nothing is sent anywhere and nothing raises for invalid SQL: it is a finding, and its text stays. Spans of
    findings are half-open character offsets into `sql`.

    >>> port("SELECT ifnull(a, 0) FROM t WHERE b = ?").sql
    'SELECT coalesce(a, 0) FROM t WHERE b = %s'
    """
    from sqlport.catalog import from_statements
    from sqlport.porting import Request, port_statement
    from sqlport.script import Script
    from sqlport.sql import apply, split
    from sqlport.sql.comments import without_comments

    pieces = split(sql)
    definitions = [("schema", piece.span.of(schema)) for piece in split(schema) if not piece.dot_command]
    definitions += [("sql", piece.span.of(sql)) for piece in pieces if not piece.dot_command]
    tables = from_statements(definitions)
    request = Request(
        target=Target(profile=profile, driver=driver, locale=locale),
        catalog=tables.known,
        rulebook=_rulebook(),
        selected=lambda rule: True,
        unsafe=unsafe,
        speaks_target=True,
        passes_parameters=params is not None,
        arguments=_arguments(params),
    )
    texts = tuple(piece.span.of(sql) for piece in pieces)
    script = Script(tuple(map(without_comments, texts)))
    edits: list[Edit] = []
    findings: list[Finding] = []
    parameters: list[int | str] = []
    for number, piece in enumerate(pieces):
        start = piece.span.start
        if piece.dot_command:
            findings.append(dot_command(piece.span))
            continue
        before, after = script.around(number)
        neighbours = replace(request, before=before, after=after, is_script=True)
        ported = port_statement(texts[number], (), neighbours)
        edits.extend(Edit(edit.start + start, edit.end + start, edit.text) for edit in ported.edits)
        findings.extend(_moved(finding, start) for finding in ported.findings)
        parameters.extend(ported.parameters)
    return Port(apply(sql, edits), tuple(findings), tuple(parameters), tuple(edits))


@cache
def _rulebook() -> Rulebook:
    """The bundled rules, read once."""
    from sqlport.rulebook import load

    return load()


def _arguments(params: Sequence[Any] | Mapping[str, Any] | None) -> Arguments:
    """What the parameters tell, as the host would."""
    from sqlport.hosts.python.types import trait_of

    if params is None:
        return Arguments()
    named: list[tuple[int | str, Any]] = [*(params.items() if isinstance(params, Mapping) else enumerate(params))]
    types = {key: "None" if value is None else type(value).__name__ for key, value in named}
    names = tuple(params) if isinstance(params, Mapping) else None
    traits = {key: trait for key, value in named if (trait := trait_of(value))}
    return Arguments(passed=True, count=len(params), names=names, types=types, traits=traits)


def _moved(finding: Finding, by: int) -> Finding:
    fix = finding.fix
    if fix is not None:
        fix = replace(fix, edits=tuple(Edit(e.start + by, e.end + by, e.text) for e in fix.edits))
    return replace(finding, span=Span(finding.span.start + by, finding.span.end + by), fix=fix)


def dot_command(span: Span) -> Finding:
    """The finding for a command of SQLite's shell, which no server knows."""
    return Finding(
        code="SQP002",
        name="invalid-sql",
        effect=Effect.REJECTED,
        severity=Severity.ERROR,
        message="this is a command of SQLite's shell, not SQL; psql has its own (`\\copy`, `\\i`), so write it anew",
        span=span,
        applicability=Applicability.MANUAL,
    )


def check(paths: Sequence[str | Path], config: Config | None = None) -> Report:
    """Find the SQL in files and folders, and what PostgreSQL rejects or answers differently. Writes nothing.

    Without `config` the settings are those of `[tool.sqlport]` above the first path.

    Raises SqlportError for a path that cannot be read and for a configuration that is wrong.
    """
    from sqlport import project
    from sqlport.baseline import let_pass
    from sqlport.settings import load

    config = config or load([str(path) for path in paths])
    return let_pass(project.check(paths, config), config)


def fix(
    paths: Sequence[str | Path], config: Config | None = None, *, write: bool = False, unsafe: bool = False
) -> Report:
    """Port the SQL in files and folders, each statement confirmed by a throwaway PostgreSQL.

    Without `write` the report holds the changes and no file is touched. Raises SqlportError where no server
    can be had, for a path that cannot be read and for a configuration that is wrong.
    """
    from sqlport import project
    from sqlport.baseline import let_pass
    from sqlport.settings import load

    config = config or load([str(path) for path in paths])
    return let_pass(project.fix(paths, config, write=write, unsafe=unsafe), config)
