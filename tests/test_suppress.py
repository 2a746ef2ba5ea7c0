"""Comments take out the findings they name, where they stand, and say when they take out none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sqlport.hosts import Suppression
from sqlport.model import Effect, Finding, Place, Severity, Span, Statement
from sqlport.suppress import apply

STATEMENT = Statement("s1", "a.py", 10, 5, 12, "python", "sqlite", "execute", "b.py", 30, "SELECT 1")


def finding(code: str = "UPS001", name: str = "insert-or-ignore", line: int = 10, end: int | None = None) -> Finding:
    place = Place("a.py", line, 1, end or line, 5)
    return Finding(code, name, Effect.REJECTED, Severity.ERROR, "m", Span(0, 1), place=place, statement_id="s1")


def comment(
    *codes: str, scope: str = "statement", path: str = "a.py", lines: tuple[int, int] = (10, 12)
) -> Suppression:
    ids = ("s1",) if scope == "sql" else ()
    return Suppression(path, lines[0], 3, codes, "reason", scope, *lines, ids)  # type: ignore[arg-type]


def left(found: list[Finding], *comments: Suppression) -> list[str]:
    return [one.code for one in apply(found, comments, [STATEMENT])]


@pytest.mark.parametrize("code", ["UPS001", "insert-or-ignore", "UPS", "ALL"])
@pytest.mark.parametrize("scope", ["statement", "sql", "file"])
def test_a_comment_takes_out_what_it_names(code: str, scope: str) -> None:
    assert left([finding()], comment(code, scope=scope)) == []


@pytest.mark.parametrize("code", ["UPS002", "FNC", "insert-or-replace", "ups001", "insert"])
def test_other_findings_stay_and_the_comment_is_reported(code: str) -> None:
    assert left([finding()], comment(code)) == ["UPS001", "SQP005"]


@pytest.mark.parametrize(
    ("line", "end", "expected"),
    [(9, 9, False), (10, 10, True), (12, 12, True), (13, 13, False), (8, 10, True), (12, 20, True), (8, 20, True)],
)
def test_a_statement_comment_covers_its_lines(line: int, end: int, expected: bool) -> None:
    assert (left([finding(line=line, end=end)], comment("UPS001")) == []) is expected


def test_a_comment_at_the_call_covers_a_text_written_elsewhere() -> None:
    assert left([finding()], comment("UPS001", path="b.py", lines=(30, 30))) == []
    assert left([finding()], comment("UPS001", path="b.py", lines=(31, 31))) == ["UPS001", "SQP005"]
    assert left([finding()], comment("UPS001", path="c.py", lines=(30, 30))) == ["UPS001", "SQP005"]


def test_a_comment_in_sql_covers_its_statement_only() -> None:
    other = replace(finding(), statement_id="s2")
    assert [one.statement_id for one in apply([finding(), other], [comment("UPS001", scope="sql")], [STATEMENT])] == [
        "s2"
    ]


def test_of_several_codes_only_the_unused_are_reported() -> None:
    (unused,) = apply([finding()], [comment("UPS001", "FNC001")], [STATEMENT])
    assert (unused.code, unused.name) == ("SQP005", "unused-suppression")
    assert "FNC001" in unused.message
    assert unused.place == Place("a.py", 10, 3, 10, 4)


def test_two_comments_for_one_finding_are_both_used() -> None:
    assert left([finding()], comment("UPS001"), comment("UPS001", scope="file")) == []


def test_a_rule_that_was_not_selected_leaves_no_unused_comment() -> None:
    comments = [comment("FNC001")]
    assert apply([], comments, rules={"FNC001": "ifnull"}, selects=lambda code, name: False) == ()
    assert len(apply([], comments, rules={"FNC001": "ifnull"})) == 1


def test_a_code_that_does_not_exist_is_named_with_a_suggestion() -> None:
    (unused,) = apply([], [comment("ifnul")], rules={"FNC001": "ifnull"})
    assert "no rule is called 'ifnul', did you mean 'ifnull'?" in unused.message


def test_a_finding_without_a_place_is_not_taken_out_by_lines() -> None:
    assert left([replace(finding(), place=None, statement_id="")], comment("UPS001", scope="file"))[0] == "UPS001"
