"""SQL files: statements, dot-commands, suppressions and edits."""

from __future__ import annotations

import pytest

from sqlport.files import encode, source_of
from sqlport.hosts import Extraction, Settings, apply_edits, map_edits
from sqlport.hosts.sqlfile import extract
from sqlport.model import Edit, SourceFile
from tests.hosts.splicing import splice_script

SCRIPT = """-- a schema; with a comment
CREATE TABLE a (x TEXT DEFAULT ';');

CREATE TRIGGER t AFTER INSERT ON a BEGIN
  SELECT 1; SELECT CASE WHEN 1 THEN 2 END;
END;
SELECT 'it''s' -- last
"""


def read(text: str | bytes, path: str = "schema.sql") -> tuple[SourceFile, Extraction]:
    file = source_of(path, text.encode() if isinstance(text, str) else text)
    return file, extract(file, Settings())


def test_statements_are_split_as_the_shell_does() -> None:
    _, result = read(SCRIPT)
    assert [(one.line, one.end_line, one.sql.split()[1]) for one in result.statements] == [
        (2, 2, "TABLE"),
        (4, 6, "TRIGGER"),
        (7, 7, "'it''s'"),
    ]
    assert not result.findings
    assert len({one.id for one in result.statements}) == 3


@pytest.mark.parametrize("text", ["", "\n", "-- only a comment\n", ";;", "/* x */"])
def test_files_without_statements(text: str) -> None:
    _, result = read(text)
    assert (result.statements, result.findings) == ((), ())


def test_dot_commands_are_findings_that_say_what_to_do() -> None:
    _, result = read(".mode csv\nSELECT 1;\n.import a.csv t\n  .5;\n")
    assert [(one.place.line, one.code) for one in result.findings if one.place] == [(1, "SQP002"), (3, "SQP002")]
    assert "`.import` is a command of SQLite's shell" in result.findings[1].message
    assert "data copy" in result.findings[1].message


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ("CREATE TABLE a (x INTEGER PRIMARY KEY AUTOINCREMENT);", "sqlite"),
        ("CREATE TABLE a (x serial);", "postgres"),
        ("CREATE TABLE a (x int);", "unknown"),
        ("SELECT a::text FROM t;\nSELECT 1;", "postgres"),
    ],
)
def test_the_dialect_is_read_off_the_text(text: str, dialect: str) -> None:
    _, result = read(text)
    assert {one.dialect for one in result.statements} == {dialect}


@pytest.mark.parametrize("text", ["\\connect db\nSELECT 1;", "COPY t (a) FROM stdin;\n1;2\n\\.\n"])
def test_a_script_of_psql_is_said_to_be_one(text: str) -> None:
    _, result = read(text)
    assert result.statements == ()
    assert "written for psql" in result.findings[0].message


def test_bytes_that_are_not_utf8_are_a_finding() -> None:
    _, result = read(b"SELECT 1;\nSELECT '\xff';\n")
    assert result.statements == ()
    (finding,) = result.findings
    assert finding.code == "SQP003" and finding.place is not None and finding.place.line == 2


def test_suppressions() -> None:
    text = "-- sqlport: file-ignore[A009]\n-- sqlport: ignore[A001] -- why\nSELECT 1;\n"
    text += "SELECT 2; -- sqlport: ignore[A002]\n"
    _, result = read(text)
    first, second = result.statements
    assert [(one.scope, one.codes, one.statement_ids) for one in result.suppressions] == [
        ("file", ("A009",), ()),
        ("sql", ("A001",), (first.id,)),
        ("sql", ("A002",), (second.id,)),
    ]


@pytest.mark.parametrize("text", [SCRIPT, SCRIPT.replace("\n", "\r\n"), "\ufeff" + SCRIPT])
def test_every_byte_outside_an_edit_stays(text: str) -> None:
    file, result = read(text)
    edits = [(one, (Edit(0, 6, "create"),) if one.sql.startswith("CREATE") else ()) for one in result.statements]
    new = splice_script(file, edits)
    assert not new.refused
    assert encode(file, new.text) == text.replace("CREATE", "create").encode()


def test_edits_of_one_statement() -> None:
    file, result = read("SELECT ifnull(a, 1);\r\nSELECT 2;\r\n")
    mapped = map_edits(result.statements[0], (Edit(7, 13, "coalesce\n"),), {file.path: file})
    assert isinstance(mapped, tuple)
    assert apply_edits(file, mapped) == "SELECT coalesce\r\n(a, 1);\r\nSELECT 2;\r\n"
