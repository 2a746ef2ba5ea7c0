"""One line for each finding, as editors and people with many findings like it."""

from __future__ import annotations

from sqlport.model import Applicability, Finding
from sqlport.report.paint import painter, printable
from sqlport.results import Report, applicability_of


def render(report: Report, *, color: bool = False) -> str:
    """`path:line:column: CODE message [fixable]` for every finding that is left."""
    paint = painter(color)
    out = []
    for finding in report.left:
        place = finding.place
        where = f"{printable(place.path)}:{place.line}:{place.column}: " if place else ""
        tag = mark(finding)
        code = paint(finding.code, "bold red")
        out.append(f"{where}{code} {printable(finding.message)}{' ' + tag if tag else ''}\n")
    return "".join(out)


def mark(finding: Finding) -> str:
    """`[fixable]`, `[fixable --unsafe]`, why a fix was held back, or nothing for what is ported by hand."""
    if finding.fix and finding.fix.reason and applicability_of(finding) is not Applicability.MANUAL:
        return f"[not applied: {printable(finding.fix.reason)}]"
    marks = {Applicability.SAFE: "[fixable]", Applicability.UNSAFE: "[fixable --unsafe]"}
    return marks.get(applicability_of(finding), "")
