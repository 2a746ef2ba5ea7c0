"""All findings of a run at their places: those the user wants to see, as loud as the user said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlport.model import Applicability, Finding, Port, SourceFile, Statement
from sqlport.placing import Placer
from sqlport.results import Coverage, Report

if TYPE_CHECKING:
    from sqlport.config import Config
    from sqlport.hosts import Suppression
    from sqlport.judging import Judgement
    from sqlport.model import Ported, StatementPort
    from sqlport.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class Source:
    """What was read: the files in which something was found, and what."""

    paths: tuple[str, ...]
    files: Mapping[str, SourceFile]
    statements: tuple[Statement, ...]
    findings: tuple[Finding, ...]
    suppressions: tuple[Suppression, ...]


def report(
    source: Source,
    ported: Sequence[Ported],
    config: Config,
    book: Rulebook,
    *,
    judgement: Judgement | None = None,
    more: Sequence[Finding] = (),
    diffs: Mapping[str, tuple[str, str]] | None = None,
) -> Report:
    """All findings at their places: those that the user wants to see, with the severity that the user gave them."""
    from sqlport import baseline, suppress

    placer = Placer(source.files)
    found: list[Finding] = [*source.findings, *more]
    for one in ported:
        for finding in one.port.findings:
            place = placer.of_statement(one.statement, finding.span)
            found.append(replace(finding, place=place, statement_id=one.statement.id))
    if judgement is not None:
        from sqlport.declared import mismatches

        found += [each for one in ported for each in mismatches(one, judgement, placer)]
    wanted = [
        replace(finding, severity=config.severity_of(finding.code, finding.name, finding.effect))
        for finding in _once(found)
        if config.selects(finding.code, finding.name, finding.place.path if finding.place else "")
    ]
    names = {rule.code: rule.name for rule in book.rules}
    kept = suppress.apply(
        wanted,
        source.suppressions,
        source.statements,
        rules=names,
        selects=config.selects,
    )
    texts = {path: file.text for path, file in source.files.items()}
    marked = baseline.fingerprinted(kept, source.statements, sources=texts, relative=config.relative)
    return Report(
        findings=tuple(sorted(_mapped(marked, source, made=diffs is not None), key=_order)),
        statements=source.statements,
        ported={one.statement.id: _public(one.port) for one in ported},
        verdicts=judgement.verdicts if judgement else {},
        sources=texts,
        diffs=diffs or {},
        files=source.paths,
        coverage=coverage(source.statements, source.findings),
        server=judgement.server if judgement else None,
    )


def _once(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Each finding once, though several calls run the text that it is in."""
    seen = set()
    for finding in findings:
        key = (finding.code, finding.place, finding.message, finding.applied)
        if finding.place is None or key not in seen:
            seen.add(key)
            yield finding


def _public(port: StatementPort) -> Port:
    return Port(port.sql, port.findings, port.parameters, port.edits)


def _mapped(findings: Iterable[Finding], source: Source, *, made: bool) -> Iterable[Finding]:
    """The findings with their fixes as edits of files, too; a fix that no literal can say is manual.

    One that is `made` as part of its statement is in the text, though alone it could not be said.
    """
    from sqlport.hosts import Refusal, map_edits

    by_id = {statement.id: statement for statement in source.statements}
    for finding in findings:
        statement = by_id.get(finding.statement_id)
        if finding.fix is None or finding.fix.files or statement is None:
            yield finding
            continue
        mapped = map_edits(statement, finding.fix.edits, source.files)
        if isinstance(mapped, Refusal) and made and finding.applied:
            yield finding
        elif isinstance(mapped, Refusal):
            fix = replace(finding.fix, applicability=Applicability.MANUAL, reason=mapped.message)
            yield replace(finding, fix=fix, applicability=Applicability.MANUAL, applied=False)
        else:
            yield replace(finding, fix=replace(finding.fix, files=mapped))


def _order(finding: Finding) -> tuple[str, int, int, str]:
    place = finding.place
    return (place.path, place.line, place.column, finding.code) if place else ("", 0, 0, finding.code)


def coverage(statements: Sequence[Statement], findings: Sequence[Finding]) -> Coverage:
    """The sinks by what is known of their text; statements of `.sql` files have no sink."""
    alternatives: dict[tuple[str, int, str], set[int]] = {}
    holes: set[tuple[str, int, str]] = set()
    for statement in statements:
        if statement.host == "sql":
            continue
        key = (statement.sink_path, statement.sink_line, statement.sink)
        alternatives.setdefault(key, set()).add(statement.alternative)
        if statement.holes:
            holes.add(key)
    several = {key for key, found in alternatives.items() if len(found) > 1}
    return Coverage(
        resolved=len(alternatives.keys() - several - holes),
        with_holes=len(holes - several),
        alternatives=len(several),
        unresolved=sum(finding.code == "SQP001" for finding in findings),
    )
