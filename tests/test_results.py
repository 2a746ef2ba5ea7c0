"""What a report adds up to: what is left, and the exit code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlport.model import Applicability, Effect, FileEdit, Finding, Fix, Place, Severity, Span, Verdict
from sqlport.results import Coverage, Report


def finding(severity: Severity = Severity.ERROR, *, applied: bool = False, fix: Fix | None = None) -> Finding:
    place = Place("a.py", 1, 1, 1, 2)
    return Finding("UPS001", "n", Effect.REJECTED, severity, "m", Span(0, 1), applied=applied, fix=fix, place=place)


SAFE = Fix(Applicability.SAFE, files=(FileEdit("a.py", 0, 1, "x"),))
DIFF = {"a.py": ("a", "x")}


@pytest.mark.parametrize(
    ("report", "code"),
    [
        (Report(), 0),
        (Report(findings=(finding(),)), 1),
        (Report(findings=(finding(Severity.WARNING),)), 1),
        (Report(findings=(finding(Severity.INFO),)), 0),
        (Report(findings=(finding(applied=True, fix=SAFE),)), 1),
        (Report(findings=(finding(applied=True, fix=SAFE),), diffs=DIFF), 1),
        (Report(findings=(finding(Severity.INFO, applied=True, fix=SAFE),), diffs=DIFF), 1),
        (Report(findings=(finding(applied=True, fix=SAFE),), diffs=DIFF, written=("a.py",)), 0),
        (Report(findings=(finding(fix=SAFE),), diffs=DIFF, written=("a.py",)), 1),
        (Report(findings=(finding(applied=True, fix=SAFE),), diffs={**DIFF, "b.py": ("", "b")}, written=("a.py",)), 1),
        (Report(verdicts={"s": Verdict("unverified", "hole")}), 0),
        (Report(problems=("x: cannot be read",)), 2),
        (Report(findings=(finding(),), problems=("x: cannot be read",)), 2),
    ],
)
def test_the_exit_code_tells_whether_something_is_left(report: Report, code: int) -> None:
    assert report.exit_code == code


@pytest.mark.parametrize(
    ("kinds", "loose", "strict"),
    [
        ((), 0, 0),
        (("verified",), 0, 0),
        (("unverified", "verified"), 0, 1),
        (("rejected",), 1, 1),
        (("rejected", "unverified"), 1, 1),
    ],
)
def test_the_exit_code_of_verdicts(kinds: tuple[str, ...], loose: int, strict: int) -> None:
    report = Report(verdicts={str(n): Verdict(kind) for n, kind in enumerate(kinds)})  # type: ignore[arg-type]
    assert report.verdict_exit_code() == loose
    assert report.verdict_exit_code(strict=True) == strict
    assert replace(report, problems=("x",)).verdict_exit_code() == 2


def test_a_fix_in_two_files_is_written_when_both_are() -> None:
    both = Fix(Applicability.SAFE, files=(FileEdit("a.py", 0, 1, "x"), FileEdit("b.py", 0, 1, "x")))
    report = Report(findings=(finding(applied=True, fix=both),), written=("a.py",))
    assert report.left == report.findings
    assert replace(report, written=("a.py", "b.py")).left == ()


def test_the_summary_adds_up() -> None:
    held = replace(SAFE, reason="no-schema: no such table: t")
    manual = Fix(Applicability.MANUAL, reason="hole")
    unsafe = replace(SAFE, applicability=Applicability.UNSAFE)
    found = tuple(finding(fix=fix) for fix in (None, SAFE, held, manual, unsafe))
    summary = Report(findings=found).summary
    assert (summary.safe, summary.unsafe, summary.held, summary.manual) == (1, 1, 1, 2)
    assert summary.findings == 5
    assert summary.by_effect == {Effect.REJECTED: 5}


def test_coverage_adds_up() -> None:
    coverage = Coverage(1, 2, 3, 4).plus(Coverage(unresolved=1))
    assert (coverage.sinks, coverage.read) == (11, 6)
