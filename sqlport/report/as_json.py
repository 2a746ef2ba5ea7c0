"""The formats for programs: findings, verdicts and statements as JSON, in the shapes of the documentation."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from sqlport.model import Finding, Fix, Origin, Proof, ServerInfo, Statement, Verdict
from sqlport.results import Report

_LONE = re.compile("[\ud800-\udfff]")


def render(report: Report, *, color: bool = False) -> str:
    """`{findings, summary}`; with `diffs` and `written` when fixes were made or shown."""
    content: dict[str, Any] = {
        "findings": [_finding(finding, report) for finding in report.findings],
        "summary": _summary(report),
    }
    if report.diffs:
        content["diffs"] = [
            {"path": path, "written": path in report.written, "diff": _diff(path, *texts)}
            for path, texts in report.diffs.items()
        ]
    return _dumped(content)


def verdicts(report: Report) -> str:
    """A list with an object for each statement: what it was, its port, and what PostgreSQL said of it."""
    return _dumped([_verdict(statement, report) for statement in report.statements])


def proofs(report: Report) -> str:
    """As `verdicts`, with the proof (then `reason` is the proof's) and the difference where there is one."""
    rows = []
    for statement in report.statements:
        proof = report.proofs.get(statement.id) or Proof("unproven", "not-asked")
        row = _verdict(statement, report)
        row["reason"] = proof.reason or row["reason"]
        row["proof"] = proof.kind
        row["difference"] = asdict(proof.difference) if proof.difference else None
        row["stand_ins"] = list(proof.stand_ins)
        row["runs"] = proof.runs
        rows.append(row)
    return _dumped(rows)


def _verdict(statement: Statement, report: Report) -> dict[str, Any]:
    verdict = report.verdicts.get(statement.id) or Verdict("unverified", "not-asked")
    port = report.ported.get(statement.id)
    return {
        "statement_id": statement.id,
        "path": statement.path,
        "line": statement.line,
        "sql": statement.sql,
        "ported": port.sql if port else statement.sql,
        "verdict": verdict.kind,
        "reason": verdict.reason or None,
        "sqlstate": verdict.sqlstate or None,
        "message": verdict.message or None,
        "server": _server(verdict.server or report.server),
    }


def statements(report: Report) -> str:
    """A list with an object for each text that a sink may run."""
    return _dumped([_statement(statement) for statement in report.statements])


def _finding(finding: Finding, report: Report) -> dict[str, Any]:
    place = finding.place
    return {
        "code": finding.code,
        "name": finding.name,
        "effect": finding.effect.value,
        "severity": finding.severity.value,
        "message": finding.message,
        "path": place.path if place else None,
        "line": place.line if place else None,
        "column": place.column if place else None,
        "end_line": place.end_line if place else None,
        "end_column": place.end_column if place else None,
        "fingerprint": finding.fingerprint,
        "statement_id": finding.statement_id or None,
        "applied": report.is_written(finding),
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": fix.applicability.value,
        "edits": [{"path": e.path, "start": e.start, "end": e.end, "text": e.text} for e in fix.files],
        "condition": fix.condition or None,
        "reason": fix.reason or None,
    }


def _statement(statement: Statement) -> dict[str, Any]:
    return {
        "statement_id": statement.id,
        "path": statement.path,
        "line": statement.line,
        "column": statement.column,
        "end_line": statement.end_line,
        "host": statement.host,
        "dialect": statement.dialect,
        "branch": statement.branch or None,
        "sink": statement.sink,
        "sink_path": statement.sink_path,
        "sink_line": statement.sink_line,
        "sql": statement.sql,
        "holes": [
            {"name": h.name, "kind": h.kind.value, "source": h.source, "start": h.start, "end": h.end}
            for h in statement.holes
        ],
        "alternative": statement.alternative,
        "resolved": statement.resolved,
        "stand_ins": list(statement.stand_ins),
        "origins": [_origin(origin) for origin in statement.origins],
    }


def _origin(origin: Origin) -> dict[str, Any]:
    literal = origin.literal
    return {
        "start": origin.start,
        "end": origin.end,
        "path": literal.path,
        "literal": {"start": literal.start, "end": literal.end, "fragment": literal.fragment},
        "offset": origin.offset,
    }


def _summary(report: Report) -> dict[str, Any]:
    summary, coverage = report.summary, report.coverage
    return {
        "findings": summary.findings,
        "effects": {effect.value: count for effect, count in summary.by_effect.items()},
        "fixable": {"safe": summary.safe, "unsafe": summary.unsafe, "held": summary.held, "manual": summary.manual},
        "files": summary.files,
        "statements": summary.statements,
        "sinks": {
            "total": coverage.sinks,
            "resolved": coverage.resolved,
            "with_holes": coverage.with_holes,
            "alternatives": coverage.alternatives,
            "unresolved": coverage.unresolved,
        },
        "baseline": {"known": report.known, "stale": [_stale(entry.path, entry.code) for entry in report.stale]},
        "written": list(report.written),
        "problems": list(report.problems),
        "server": _server(report.server),
        "exit_code": report.exit_code,
    }


def _stale(path: str, code: str) -> dict[str, str]:
    return {"path": path, "code": code}


def _server(server: ServerInfo | None) -> dict[str, Any] | None:
    if server is None:
        return None
    return {
        "provider": server.provider,
        "version": server.version,
        "major": server.major,
        "locale": server.locale,
    }


def _diff(path: str, old: str, new: str) -> str:
    from sqlport.report.diff import unified

    return unified(path, old, new)


def _dumped(content: Any) -> str:
    text = json.dumps(content, ensure_ascii=False, indent=2)
    # A lone surrogate (a byte that was no text) has no UTF-8 form.
    return _LONE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"
