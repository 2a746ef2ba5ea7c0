"""The way of the data, from files to files. Read this first.

    files -> host -> statements -> catalog -> ports (rules, fixers) -> verdicts (PostgreSQL) -> edits -> files

Each stage takes the frozen values of the one before and returns new ones. `check` goes as far as the ports,
`verify` as far as the verdicts, `fix` all the way.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlport.driving import Driving, driving, findings, told
from sqlport.model import Finding, Hole, HoleKind, Ported, SourceFile, Statement
from sqlport.placing import Placer
from sqlport.reporting import Source, coverage, report
from sqlport.results import Report

if TYPE_CHECKING:
    import psycopg

    from sqlport.config import Config
    from sqlport.hosts import Settings, Suppression
    from sqlport.model import StatementPort, Target
    from sqlport.porting import Request
    from sqlport.replaying import Replayed
    from sqlport.rulebook import Rule, Rulebook
    from sqlport.script import Part

Progress = Callable[[str, int, int], None]
"""Told of a stage, how much of it is done, and how much there is."""


def check(
    paths: Sequence[str | Path],
    config: Config,
    *,
    progress: Progress | None = None,
    stdin: tuple[str, bytes] | None = None,
) -> Report:
    """What PostgreSQL rejects or answers differently. No server is needed and nothing is written.

    `stdin` is the name and the content of a file that is looked at instead of one on disk.
    Raises SqlportError for a path or a configuration that cannot be used.
    """
    config = _with_values(config)
    source = read(paths, config, progress, stdin)
    book = rulebook(config)
    calls = driving(source, config, book, unsafe=False)
    ported = port(source, config, book, progress)
    return report(source, ported, config, book, more=findings(calls, source, book))


def _with_values(config: Config) -> Config:
    """With the types that only the values of the configured database tell."""
    if config.sqlite is None:
        return config
    from sqlport.tables import with_observed_types

    return with_observed_types(config, config.sqlite)


def verify(
    paths: Sequence[str | Path], config: Config, *, locked: bool = False, progress: Progress | None = None
) -> Report:
    """PostgreSQL's verdict on the port of every statement, safe and unsafe fixes made.

    With `locked` the verdicts come from the committed ledger and no server is started; what is missing there
    or was given for another text is `rejected` with the reason `stale`.
    """
    from sqlport.judging import dockets, from_ledger, judged, remember

    config = _with_values(config)
    source = read(paths, config, progress)
    book = rulebook(config)
    calls = driving(source, config, book, unsafe=True)
    ported = port(source, config, book, progress, unsafe=True, calls=calls)
    asked = dockets(ported, config, book)
    if locked:
        judgement = from_ledger(asked, config)
    else:
        judgement = judged(asked, config, progress)
        whole = any(config.root.is_relative_to(Path(path).resolve()) for path in paths)
        remember(asked, judgement, config, whole=whole)
    return report(source, ported, config, book, judgement=judgement)


def prove(
    paths: Sequence[str | Path],
    config: Config,
    *,
    unsafe: bool = False,
    again: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Whether both engines answer the same on generated rows: the original on SQLite, its port on PostgreSQL.

    `unsafe` ports with fixes that are right only under their condition, too. With `again` the proofs of the
    ledger do not count. Raises SqlportError where no server can be had.
    """
    from sqlport.judging import dockets
    from sqlport.proving import proven

    config = _with_values(config)
    source = read(paths, config, progress)
    book = rulebook(config)
    calls = driving(source, config, book, unsafe=unsafe)
    ported = port(source, config, book, progress, unsafe=unsafe, calls=calls)
    asked = dockets(ported, config, book)
    whole = any(config.root.is_relative_to(Path(path).resolve()) for path in paths)
    proving = proven(asked, config, progress, again=again, whole=whole)
    found = report(source, ported, config, book, judgement=proving.judgement)
    return replace(found, proofs=proving.proofs)


def replay(
    paths: Sequence[str | Path],
    config: Config,
    file: Path,
    connection: psycopg.Connection[Any],
    schema: str,
    *,
    progress: Progress,
) -> tuple[Replayed, ...]:
    """The queries of the code on the rows of a SQLite file and, ported, on those of a schema of PostgreSQL.

    They are ported by what the file's tables are, safe and unsafe fixes made. Both sides are only read.
    """
    from sqlport.replaying import replay as run
    from sqlport.tables import tables_of

    config = config.override(sqlite=file)
    config = _with_values(config)
    source = read(paths, config, progress)
    book = rulebook(config)
    calls = driving(source, config, book, unsafe=True)
    ported = port(source, config, book, progress, unsafe=True, calls=calls)
    catalog = tables_of((), config).project.catalog
    return run(ported, file, connection, schema, catalog, config.target, progress)


def fix(
    paths: Sequence[str | Path],
    config: Config,
    *,
    write: bool = False,
    unsafe: bool = False,
    write_unverified: bool = False,
    prove: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Port in place what PostgreSQL confirms; without `write` only show it (`Report.diffs`).

    A statement's fix is made when PostgreSQL plans the whole ported statement, or, with `write_unverified`,
    when it could not be asked; with `prove` only when both engines answer the same, too. Raises SqlportError
    where no server can be had, for a path or a configuration that cannot be used, and for a file that changed
    meanwhile.
    """
    from sqlport.judging import dockets, judged
    from sqlport.proving import held_back, proven
    from sqlport.splicing import splice

    config = _with_values(config)
    source = read(paths, config, progress)
    book = rulebook(config)
    calls = driving(source, config, book, unsafe=unsafe)
    ported = port(source, config, book, progress, unsafe=unsafe, calls=calls)
    asked = dockets(ported, config, book)
    if prove:
        proving = proven(asked, config, progress, only=_changed(ported))
        judgement, proofs = proving.judgement, proving.proofs
    else:
        judgement, proofs = judged(asked, config, progress, optional=write_unverified), {}
    spliced = splice(
        source.files,
        ported,
        judgement.verdicts,
        write_unverified=write_unverified,
        held=held_back(proofs),
        calls=calls.edits(),
        follow=calls.parameters,
        moved=calls.speaks,
    )
    found = report(
        source,
        spliced.ported,
        config,
        book,
        judgement=judgement,
        more=(*spliced.findings, *findings(calls, source, book)),
        diffs={**spliced.diffs, **calls.created()},
    )
    found = replace(found, proofs=proofs)
    return replace(found, written=_write(source, found.diffs)) if write else found


def extract(paths: Sequence[str | Path], config: Config, *, progress: Progress | None = None) -> Report:
    """The statements that are found, and how much of the SQL could be read."""
    source = read(paths, config, progress)
    return Report(
        findings=source.findings,
        statements=tuple(map(_with_stand_ins, source.statements)),
        sources={path: file.text for path, file in source.files.items()},
        files=source.paths,
        coverage=coverage(source.statements, source.findings),
    )


def read(
    paths: Sequence[str | Path], config: Config, progress: Progress | None, stdin: tuple[str, bytes] | None = None
) -> Source:
    """Files to statements. A file in which nothing is found is forgotten at once."""
    with _without_collector():
        return _read(paths, config, progress, stdin)


_LONG = 100_000
"""Characters of a statement whose tree is not searched for garbage while it is ported: an INSERT of many rows."""


@contextmanager
def _without_collector() -> Iterator[None]:
    """Trees and scopes live as long as they are worked on: looking for garbage among them is a fifth of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _read(
    paths: Sequence[str | Path], config: Config, progress: Progress | None, stdin: tuple[str, bytes] | None
) -> Source:
    from sqlport.driver.settings import may_hold
    from sqlport.driver.table import concerns as has_calls
    from sqlport.files import discover, read_source, source_of
    from sqlport.hosts import Finder
    from sqlport.hosts.rust.calls import concerns as is_concerned

    found = [stdin[0]] if stdin else discover(paths, include=config.include, exclude=config.exclude)
    cache: dict[str, SourceFile] = {}

    def load(path: str) -> SourceFile:
        if path not in cache:
            cache[path] = source_of(*stdin) if stdin and path == stdin[0] else read_source(path)
        return cache[path]

    finder = Finder()
    for number, path in enumerate(found):
        if progress is not None:
            progress("reading", number, len(found))
        finder.add(load(path), _settings(config, path, load))
    files: dict[str, SourceFile] = {}
    statements: list[Statement] = []
    findings: list[Finding] = []
    suppressions: list[Suppression] = []
    extractions = finder.finish()
    for path in found:
        extraction = extractions[load(path).path]
        kept = extraction.statements or extraction.findings or extraction.suppressions
        if kept or has_calls(load(path)) or may_hold(load(path)) or is_concerned(load(path)):
            files[path] = load(path)
            statements.extend(extraction.statements)
            findings.extend(extraction.findings)
            suppressions.extend(extraction.suppressions)
    for statement in statements:  # text that is written in another module
        for origin in statement.origins:
            if origin.literal.path not in files:
                files[origin.literal.path] = load(origin.literal.path)
    return Source(tuple(found), files, tuple(statements), tuple(findings), tuple(suppressions))


def rulebook(config: Config) -> Rulebook:
    """The rules: those that come with sqlport and the user's own."""
    from sqlport.rulebook import load

    book = load(config.rules)
    config.check_selectors((rule.code, rule.name) for rule in book.rules)
    return book


def port(
    source: Source,
    config: Config,
    book: Rulebook,
    progress: Progress | None,
    *,
    unsafe: bool = False,
    calls: Driving = Driving(),  # noqa: B008 - frozen
) -> tuple[Ported, ...]:
    """Statements to ports, each with the tables that its own file knows, and as its call will take it."""
    from sqlport.computed import ComputedTables
    from sqlport.ordering import later_keys, with_later_keys
    from sqlport.porting import Request
    from sqlport.script import NOTHING
    from sqlport.splicing import disagreeing
    from sqlport.tables import tables_of

    if not source.statements:
        return ()
    tables = tables_of(source.statements, config)
    computed = ComputedTables(source.statements, source.files)
    placer = Placer(source.files)
    ported: dict[str, Ported] = {}
    requests: dict[str, Request] = {}
    later = later_keys(source.statements, source.files, lambda one: unsafe and _speaks(one, config, calls))
    deferred: dict[str, set[str]] = {}
    for key in later:
        deferred.setdefault(key.child, set()).add(key.table)
    scripts = _scripts(source.statements)
    converts = any("PARSE_DECLTYPES" in file.text for file in source.files.values())
    for number, statement in enumerate(source.statements):
        before, after = scripts.get(statement.id, (NOTHING, NOTHING))
        if progress is not None:
            progress("porting", number, len(source.statements))
        speaks = calls.speaks(statement)
        if speaks:
            statement = told(statement)
        request = Request(
            target=_target(statement, config),
            catalog=computed.with_those_of(statement, tables.of(statement.path).catalog),
            rulebook=book,
            selected=_selected(config, statement.path),
            unsafe=unsafe,
            speaks_target=_speaks(statement, config, calls),
            passes_parameters=statement.arguments.passed and (not speaks or bool(statement.holes)),
            arguments=statement.arguments,
            before=before,
            after=after,
            is_script=statement.host == "sql",
            returning=calls.returning(statement),
            converts=converts,
            deferred=frozenset(deferred.get(statement.id, ())),
        )
        requests[statement.id] = request
        ported[statement.id] = Ported(statement, _port(statement, request, source.suppressions, placer))
    for one in disagreeing(tuple(ported.values())):
        request = replace(requests[one.statement.id], alike=True)
        ported[one.statement.id] = replace(one, port=_port(one.statement, request, source.suppressions, placer))

    def followed(one: Ported, behind: tuple[str, ...]) -> Ported:
        request = replace(requests[one.statement.id], behind=behind)
        return replace(one, port=_port(one.statement, request, source.suppressions, placer))

    return tuple(with_later_keys(ported, later, followed).values())


def _speaks(statement: Statement, config: Config, calls: Driving) -> bool:
    """Whether what runs the statement takes the target driver's placeholders."""
    return statement.host in ("sql", "rust") or config.driver is not None or calls.speaks(statement)


def _target(statement: Statement, config: Config) -> Target:
    """Rust's drivers number their placeholders, whatever the rest of a project speaks."""
    rust = statement.host == "rust" or statement.sink.startswith("sqlx.")
    return replace(config.target, driver="numbered") if rust and config.driver != "none" else config.target


def _scripts(statements: Sequence[Statement]) -> dict[str, tuple[Part, Part]]:
    """For each statement of a `.sql` file the ones before and behind it there, without their comments."""
    from sqlport.script import Script
    from sqlport.sql.comments import without_comments

    files: dict[str, list[Statement]] = {}
    for statement in statements:
        if statement.host == "sql":
            files.setdefault(statement.path, []).append(statement)
    scripts: dict[str, tuple[Part, Part]] = {}
    for found in files.values():
        script = Script([without_comments(statement.sql) for statement in found])
        scripts.update((statement.id, script.around(number)) for number, statement in enumerate(found))
    return scripts


def _selected(config: Config, path: str) -> Callable[[Rule], bool]:
    return lambda rule: config.selects(rule.code, rule.name, path)


def _port(statement: Statement, request: Request, suppressions: Sequence[Suppression], placer: Placer) -> StatementPort:
    """The port of one statement; what a comment takes out is not fixed either."""
    from sqlport import suppress
    from sqlport.porting import port_statement, untouched

    if statement.dialect == "postgres" or statement.branch:
        return untouched(statement.sql, statement.holes)
    with _without_collector() if len(statement.sql) > _LONG else nullcontext():
        ported = port_statement(statement.sql, statement.holes, request)
    if not suppressions or not ported.findings:
        return ported
    placed = [
        replace(finding, place=placer.of_statement(statement, finding.span), statement_id=statement.id)
        for finding in ported.findings
    ]
    kept = {(finding.code, finding.span) for finding in suppress.apply(placed, suppressions, [statement])}
    muted = frozenset(finding.code for finding in placed if (finding.code, finding.span) not in kept)
    if not muted:
        return ported
    return port_statement(statement.sql, statement.holes, replace(request, muted=muted))


def _with_stand_ins(statement: Statement) -> Statement:
    """The statement with what stands for its holes when it is read."""
    from sqlport.sql import read as parse

    if not statement.holes:
        return statement
    parsed = parse(statement.sql, statement.holes)

    def stands(hole: Hole) -> str:
        if parsed.problem is not None:
            return "unreadable"
        if hole.kind is HoleKind.INSIDE_STRING:
            return "its own text"
        return "nothing" if hole.name in parsed.blanked else "a name"

    return replace(statement, stand_ins=tuple(stands(hole) for hole in statement.holes))


def _settings(config: Config, path: str, load: Callable[[str], SourceFile | None]) -> Settings:
    from sqlport.hosts import Settings

    markers = config.markers or Settings().markers
    return Settings(sinks=config.sinks, markers=markers, dialect=config.dialect_of(path), read=load)


def _changed(ported: Sequence[Ported]) -> frozenset[str]:
    """The statements that a fix would change."""
    return frozenset(one.statement.id for one in ported if one.port.edits)


def _write(source: Source, diffs: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    """Put the new texts on disk, each file whole or not at all. Raises SqlportError for a file that changed."""
    from sqlport.files import write_atomic, write_new

    for path, (_, new) in diffs.items():
        if path in source.files:
            write_atomic(source.files[path], new)
        else:
            write_new(path, new)
    return tuple(diffs)
