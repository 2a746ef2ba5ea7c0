"""The baseline lets known findings pass, one each, and tells when an entry can go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sqlport.baseline import applied, fingerprinted, normalised, read, render
from sqlport.model import Effect, Finding, Place, Severity, Span, SqlportError, Statement
from sqlport.results import Report, Stale


def statement(ident: str, sql: str, path: str = "a.py", line: int = 1) -> Statement:
    return Statement(ident, path, line, 1, line, "python", "sqlite", "execute", path, line, sql)


def finding(ident: str, code: str = "UPS001", path: str = "a.py", line: int = 1, column: int = 1) -> Finding:
    place = Place(path, line, column, line, column + 1)
    return Finding(code, "n", Effect.REJECTED, Severity.ERROR, "m", Span(0, 1), place=place, statement_id=ident)


def report(*findings: Finding, statements: tuple[Statement, ...], files: tuple[str, ...] = ("a.py",)) -> Report:
    return Report(findings=fingerprinted(findings, statements), statements=statements, files=files)


def known(of: Report, tmp_path: Path) -> tuple[Stale, ...]:
    file = tmp_path / "baseline.json"
    file.write_text(render(of), encoding="utf-8")
    return read(file)


S1 = statement("s1", "INSERT OR IGNORE INTO t VALUES (1)")


@pytest.mark.parametrize(
    "sql",
    [
        "insert or ignore into t values (1)",
        "INSERT  OR\n\tIGNORE INTO t VALUES (1);",
        "INSERT OR IGNORE INTO t VALUES (1) -- why",
        "/* a\nb */ INSERT OR IGNORE INTO t VALUES (1)",
    ],
)
def test_layout_case_and_comments_are_not_part_of_a_fingerprint(sql: str) -> None:
    one = fingerprinted([finding("s1")], [S1])
    other = fingerprinted([finding("s1", line=40, column=9)], [statement("s1", sql, line=40)])
    assert one[0].fingerprint == other[0].fingerprint


@pytest.mark.parametrize(
    ("code", "sql", "path"),
    [
        ("UPS002", S1.sql, "a.py"),
        ("UPS001", S1.sql, "b.py"),
        ("UPS001", "INSERT OR IGNORE INTO u VALUES (1)", "a.py"),
        ("UPS001", "INSERT OR IGNORE INTO t VALUES ('A')", "a.py"),
    ],
)
def test_rule_sql_and_path_are(code: str, sql: str, path: str) -> None:
    one = fingerprinted([finding("s1")], [S1])
    other = fingerprinted([finding("s1", code, path)], [statement("s1", sql, path)])
    assert one[0].fingerprint != other[0].fingerprint


def test_case_in_quotes_counts() -> None:
    assert normalised("SELECT 'A  b'") == "select 'A  b'" or normalised("SELECT 'A  b'") == "select 'A b'"
    assert normalised("SELECT 'A'") != normalised("SELECT 'a'")
    assert normalised('SELECT "A"') != normalised('SELECT "a"')
    assert normalised("SELECT 1 - 2 / 3") == "select 1 - 2 / 3"
    assert normalised("SELECT '--no' -- yes") == "select '--no'"


def test_equal_findings_are_numbered_by_place_not_by_order() -> None:
    first, second = finding("s1", line=1), finding("s1", line=9)
    forward = fingerprinted([first, second], [S1])
    backward = fingerprinted([second, first], [S1])
    assert forward[0].fingerprint != forward[1].fingerprint
    assert [one.fingerprint for one in forward] == [one.fingerprint for one in reversed(backward)]


def test_without_a_statement_the_line_of_the_source_counts() -> None:
    loose = replace(finding(""), code="SQP001")
    one = fingerprinted([loose], sources={"a.py": "con.execute(sql)\n"})
    same = fingerprinted(
        [replace(loose, place=Place("a.py", 2, 1, 2, 5))], sources={"a.py": "\n    con.execute(sql)\n"}
    )
    other = fingerprinted([loose], sources={"a.py": "con.execute(query)\n"})
    assert one[0].fingerprint == same[0].fingerprint != other[0].fingerprint


def test_known_findings_pass_and_new_ones_do_not(tmp_path: Path) -> None:
    entries = known(report(finding("s1"), statements=(S1,)), tmp_path)
    new = statement("s2", "INSERT OR IGNORE INTO u VALUES (1)", line=2)
    now = applied(report(finding("s1"), finding("s2", line=2), statements=(S1, new)), entries)
    assert [one.statement_id for one in now.findings] == ["s2"]
    assert (now.known, now.stale) == (1, ())


def test_a_second_equal_finding_is_new(tmp_path: Path) -> None:
    entries = known(report(finding("s1"), statements=(S1,)), tmp_path)
    now = applied(report(finding("s1"), finding("s1", line=7), statements=(S1,)), entries)
    assert [one.place.line for one in now.findings if one.place] == [7]


def test_an_entry_whose_finding_is_gone_is_stale(tmp_path: Path) -> None:
    entries = known(report(finding("s1"), statements=(S1,)), tmp_path)
    (stale,) = applied(Report(files=("a.py",)), entries).stale
    assert (stale.path, stale.code, stale.sql) == ("a.py", "UPS001", "insert or ignore into t values (1)")


def test_an_entry_of_a_file_that_was_not_looked_at_is_not_stale(tmp_path: Path) -> None:
    entries = known(report(finding("s1"), statements=(S1,)), tmp_path)
    assert applied(Report(files=("b.py",)), entries).stale == ()
    assert len(applied(Report(files=("b.py",)), entries, exists=lambda path: False).stale) == 1


def test_the_file_is_sorted_with_one_entry_a_line_and_the_same_when_written_again(tmp_path: Path) -> None:
    two = statement("s2", "SELECT 'ü'", "b.py")
    whole = report(finding("s2", path="b.py"), finding("s1"), statements=(two, S1))
    text = render(whole)
    assert text == render(whole.with_findings(whole.findings[::-1]))
    lines = text.splitlines()
    assert len(lines) == 4
    assert '"a.py"' in lines[1]
    assert "ü" in lines[2]
    assert known(whole, tmp_path)


def test_a_clean_project_has_an_empty_baseline(tmp_path: Path) -> None:
    assert known(Report(), tmp_path) == ()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": 1}', '{"version": 1, "findings": [{}]}', "nonsense"])
def test_what_is_no_baseline_is_said_so(text: str, tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_text(text)
    with pytest.raises(SqlportError, match=r"b.json: is no baseline"):
        read(file)


def test_a_missing_or_newer_baseline_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(SqlportError, match="cannot be read"):
        read(tmp_path / "missing.json")
    file = tmp_path / "b.json"
    file.write_text('{"version": 9, "findings": []}')
    with pytest.raises(SqlportError, match="version 9"):
        read(file)


def test_five_megabytes_of_sql_take_less_than_a_second() -> None:
    import time

    big = "INSERT OR IGNORE INTO t VALUES ('" + "x" * 2_500_000 + "', " + "(1), " * 500_000 + ")"
    start = time.perf_counter()
    fingerprinted([finding("s1"), finding("s1", line=2)], [statement("s1", big)])
    assert time.perf_counter() - start < 3
