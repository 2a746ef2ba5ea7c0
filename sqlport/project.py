"""The way of the data, from files to files. Read this first.

    files -> host -> statements -> catalog -> ports (rules, fixers) -> verdicts (PostgreSQL) -> edits -> files

Each stage takes the frozen values of the one before and returns new ones. `check` goes as far as the ports,
`verify` as far as the verdicts, `fix` all the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from sqlport.model import Finding, Port, SourceFile, Statement, Verdict
from sqlport.results import Coverage, Report

if TYPE_CHECKING:
    from sqlport.config import Config
    from sqlport.hosts import Suppression
    from sqlport.porting import StatementPort
    from sqlport.rulebook import Rulebook
    from sqlport.tables import Tables

Progress = Callable[[str, int, int], None]
"""Told of a stage, how much of it is done, and how much there is."""


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: the files in which something was found, and what."""

    paths: tuple[str, ...]
    files: Mapping[str, SourceFile]
    statements: tuple[Statement, ...]
    findings: tuple[Finding, ...]
    suppressions: tuple[Suppression, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Ported:
    """A statement and what became of it."""

    statement: Statement
    port: StatementPort


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
    source = read(paths, config, progress, stdin)
    book = rulebook(config)
    ported = port(source, config, book, progress)
    return _report(source, ported, config, book)


def verify(
    paths: Sequence[str | Path], config: Config, *, locked: bool = False, progress: Progress | None = None
) -> Report:
    """PostgreSQL's verdict on the port of every statement, safe and unsafe fixes made.

    With `locked` the verdicts come from the committed ledger and no server is started; what is missing there
    or was given for another text is `rejected` with the reason `stale`.
    """
    from sqlport.judging import from_ledger, judged, remember

    source = read(paths, config, progress)
    book = rulebook(config)
    ported = port(source, config, book, progress, unsafe=True)
    if locked:
        return _report(source, ported, config, book, verdicts=from_ledger(source, ported, config, book))
    judgement = judged(source, ported, config, book, progress)
    remember(source, ported, judgement, config, book)
    return _report(source, ported, config, book, verdicts=judgement.verdicts, server=judgement.server)


def fix(
    paths: Sequence[str | Path],
    config: Config,
    *,
    write: bool = False,
    unsafe: bool = False,
    write_unverified: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Port in place what PostgreSQL confirms; without `write` only show it (`Report.diffs`).

    A statement's fix is made when PostgreSQL plans the whole ported statement, or, with `write_unverified`,
    when it could not be asked. Raises SqlportError where no server can be had, for a path or a configuration
    that cannot be used, and for a file that changed meanwhile.
    """
    from sqlport.judging import judged
    from sqlport.splicing import splice

    source = read(paths, config, progress)
    book = rulebook(config)
    ported = port(source, config, book, progress, unsafe=unsafe)
    judgement = judged(source, ported, config, book, progress, optional=write_unverified)
    spliced = splice(source.files, ported, judgement.verdicts, write_unverified=write_unverified)
    report = _report(
        source,
        spliced.ported,
        config,
        book,
        verdicts=judgement.verdicts,
        server=judgement.server,
        more=spliced.findings,
        diffs=spliced.diffs,
    )
    return replace(report, written=_write(source, spliced.diffs)) if write else report


def extract(paths: Sequence[str | Path], config: Config, *, progress: Progress | None = None) -> Report:
    """The statements that are found, and how much of the SQL could be read."""
    source = read(paths, config, progress)
    return Report(
        findings=source.findings,
        statements=source.statements,
        sources={path: file.text for path, file in source.files.items()},
        files=source.paths,
        coverage=source.coverage,
    )


def read(
    paths: Sequence[str | Path], config: Config, progress: Progress | None, stdin: tuple[str, bytes] | None = None
) -> Source:
    """Files to statements. A file in which nothing is found is forgotten at once."""
    from sqlport.files import discover, read_source, source_of

    found = [stdin[0]] if stdin else discover(paths, include=config.include, exclude=config.exclude)
    cache: dict[str, SourceFile] = {}

    def load(path: str) -> SourceFile:
        if path not in cache:
            cache[path] = source_of(*stdin) if stdin and path == stdin[0] else read_source(path)
        return cache[path]

    files: dict[str, SourceFile] = {}
    statements: list[Statement] = []
    findings: list[Finding] = []
    suppressions: list[Suppression] = []
    coverage = Coverage()
    for number, path in enumerate(found):
        if progress is not None:
            progress("reading", number, len(found))
        file = load(path)
        extraction = _host(path).extract(file, _settings(config, path, load))
        if extraction.statements or extraction.findings or extraction.suppressions:
            files[path] = file
            statements.extend(extraction.statements)
            findings.extend(extraction.findings)
            suppressions.extend(extraction.suppressions)
            coverage = coverage.plus(extraction.coverage)
        else:
            cache.pop(path, None)
    for statement in statements:  # text that is written in another module
        for origin in statement.origins:
            if origin.literal.path not in files:
                files[origin.literal.path] = load(origin.literal.path)
    return Source(tuple(found), files, tuple(statements), tuple(findings), tuple(suppressions), coverage)


def rulebook(config: Config) -> Rulebook:
    """The rules: those that come with sqlport and the user's own."""
    from sqlport.rulebook import load

    book = load(config.rules)
    config.check_selectors((rule.code, rule.name) for rule in book.rules)
    return book


def port(
    source: Source, config: Config, book: Rulebook, progress: Progress | None, *, unsafe: bool = False
) -> tuple[Ported, ...]:
    """Statements to ports, each with the tables that its own file knows."""
    from sqlport.porting import Request, port_statement
    from sqlport.tables import tables_of

    if not source.statements:
        return ()
    tables = tables_of(source.statements, config)
    ported: list[Ported] = []
    for number, statement in enumerate(source.statements):
        if progress is not None:
            progress("porting", number, len(source.statements))
        request = Request(
            target=config.target,
            catalog=tables.of(statement.path).catalog,
            rulebook=book,
            selected=lambda rule, path=statement.path: config.selects(rule.code, rule.name, path),
            unsafe=unsafe,
            speaks_target=statement.host == "sql" or config.driver is not None,
            passes_parameters=statement.arguments.passed,
        )
        ported.append(Ported(statement, _port(statement, request, port_statement)))
    return tuple(ported)
