"""SARIF 2.1.0, which code scanning services read.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any
from urllib.parse import quote

from sarif_pydantic import sarif

from sqlport import __version__
from sqlport.model import Effect, FileEdit, Finding, Fix, Place, Severity
from sqlport.notices import NOTICES
from sqlport.report.frame import Lines
from sqlport.results import Report, applicability_of

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {Severity.ERROR: sarif.Level.ERROR, Severity.WARNING: sarif.Level.WARNING, Severity.INFO: sarif.Level.NOTE}
_EFFECTS = {
    Effect.REJECTED: "PostgreSQL rejects it.",
    Effect.DIFFERS: "PostgreSQL runs it and answers differently.",
    Effect.SLOWER: "PostgreSQL is slower with it.",
    Effect.STYLE: "PostgreSQL does the same; there is a better way to say it.",
}
_LinesOf = Callable[[str], "Lines | None"]


def render(report: Report, *, color: bool = False) -> str:
    """A log of one run: the findings that are left, their rules, fingerprints and fixes."""

    @cache
    def lines(path: str) -> Lines | None:
        return Lines.of(report.sources[path]) if path in report.sources else None

    left = report.left
    codes = sorted({finding.code for finding in left})
    run: dict[str, Any] = {
        "tool": sarif.Tool(driver=_driver(left, codes, report)),
        "invocations": [_invocation(report)],
        "results": [_result(finding, codes.index(finding.code), lines) for finding in left],
        "columnKind": "unicodeCodePoints",
    }
    log = sarif.Sarif.model_validate({"$schema": SCHEMA, "version": "2.1.0", "runs": [sarif.Run.model_validate(run)]})
    text: str = log.model_dump_json(by_alias=True, exclude_none=True, indent=2)
    return text + "\n"


def _driver(findings: Iterable[Finding], codes: list[str], report: Report) -> sarif.ToolDriver:
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.code, finding)
    rules = [_rule(first[code], report.pages.get(code, "")) for code in codes]
    return sarif.ToolDriver(name="sqlport", version=__version__, semantic_version=__version__, rules=rules)


def _rule(finding: Finding, page: str) -> sarif.ReportingDescriptor:
    notice = NOTICES.get(finding.code)
    short = notice.text if notice else f"{finding.name}: {_EFFECTS[finding.effect]}"
    return sarif.ReportingDescriptor(
        id=finding.code,
        name=finding.name,
        short_description=sarif.Message(text=short),
        full_description=sarif.Message(text=_section(page, "What it does") or short),
        help=sarif.Message(text=page, markdown=page) if page else None,
        default_configuration=sarif.ReportingConfiguration(level=_LEVELS[finding.severity].value),
        properties={"effect": finding.effect.value, "tags": [finding.effect.value]},
    )


def _section(page: str, title: str) -> str:
    """The text of a section of a rule's page."""
    found = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    return found[1].strip() if found else ""


def _invocation(report: Report) -> sarif.Invocation:
    notes = [{"level": "error", "message": {"text": problem}} for problem in report.problems]
    values: dict[str, Any] = {"executionSuccessful": not notes}
    if notes:
        values["toolExecutionNotifications"] = notes
    return sarif.Invocation.model_validate(values)


def _result(finding: Finding, index: int, lines: _LinesOf) -> sarif.Result:
    fix = _fix(finding.fix, lines) if finding.fix else None
    return sarif.Result(
        rule_id=finding.code,
        rule_index=index,
        level=_LEVELS[finding.severity],
        message=sarif.Message(text=finding.message),
        locations=[_location(finding.place)] if finding.place else None,
        partial_fingerprints={"sqlport/v1": finding.fingerprint} if finding.fingerprint else None,
        fixes=[fix] if fix else None,
        properties={"applicability": applicability_of(finding).value},
    )


def _location(place: Place) -> sarif.Location:
    region = sarif.Region(
        start_line=place.line, start_column=place.column, end_line=place.end_line, end_column=place.end_column
    )
    return sarif.Location(
        physical_location=sarif.PhysicalLocation(artifact_location=_artifact(place.path), region=region)
    )


def _artifact(path: str) -> sarif.ArtifactLocation:
    encoded = quote(path, safe="/", errors="surrogateescape")
    if path.startswith("/"):
        return sarif.ArtifactLocation(uri=f"file://{encoded}")
    return sarif.ArtifactLocation(uri=encoded, uri_base_id="%SRCROOT%")


def _fix(fix: Fix, lines: _LinesOf) -> sarif.Fix | None:
    """The fix as replacements; None when the text of a file is not known, since a fix is one unit."""
    by_path: dict[str, list[FileEdit]] = {}
    for edit in fix.files:
        by_path.setdefault(edit.path, []).append(edit)
    changes = []
    for path, edits in by_path.items():
        source = lines(path)
        if source is None:
            return None
        replacements = [_replacement(edit, source) for edit in edits]
        changes.append(sarif.ArtifactChange(artifact_location=_artifact(path), replacements=replacements))
    condition = (
        f"{fix.applicability.value}: right only if {fix.condition}" if fix.condition else fix.applicability.value
    )
    return sarif.Fix(description=sarif.Message(text=condition), artifact_changes=changes) if changes else None


def _replacement(edit: FileEdit, source: Lines) -> sarif.Replacement:
    first, last = source.line_of(edit.start), source.line_of(edit.end)
    region = sarif.Region(
        start_line=first,
        start_column=edit.start - source.starts[first - 1] + 1,
        end_line=last,
        end_column=edit.end - source.starts[last - 1] + 1,
    )
    return sarif.Replacement(deleted_region=region, inserted_content=sarif.ArtifactContent(text=edit.text))
