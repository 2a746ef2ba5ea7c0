"""SQL that shell scripts give to sqlite3, and URLs of SQLite in the files that configure a program."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from sqlport import project
from sqlport.config import Config
from sqlport.files import source_of
from sqlport.hosts import Extraction, Settings, extract


def found(text: str, path: str = "run.sh") -> Extraction:
    return extract(source_of(path, textwrap.dedent(text).encode()), Settings())


def sqls(text: str) -> list[str]:
    return [statement.sql for statement in found(text).statements]


@pytest.mark.parametrize(
    "script",
    [
        'sqlite3 "$DB" "SELECT 1"',
        "sqlite3 app.db 'SELECT 1'",
        "sqlite3 -header -csv app.db 'SELECT 1;' > out.csv",
        "sqlite3 -separator ',' app.db 'SELECT 1'",
        'N=$(sqlite3 "$DB" "SELECT 1" 2>/dev/null || echo 0)',
        'if sqlite3 "$DB" "SELECT 1" | grep -q x; then echo; fi',
        "sudo sqlite3 app.db \\\n    'SELECT 1'",
        'sqlite3 "$DB" <<EOF\nSELECT 1\nEOF',
        "sqlite3 \"$DB\" <<'EOF'\nSELECT 1;\nEOF\n",
        'sqlite3 "$DB" <<-END\n\tSELECT 1\n\tEND\n',
        'sqlite3 "$DB" <<< "SELECT 1"',
        'PRAGMA=1 sqlite3 "$DB" "SELECT 1"',
    ],
)
def test_sql_is_found_as_the_shell_would_pass_it(script: str) -> None:
    assert [sql.strip() for sql in sqls(script)] == ["SELECT 1"]


@pytest.mark.parametrize(
    "script",
    [
        "apt install -y sqlite3 curl",
        "# sqlite3 app.db 'SELECT 1'",
        "command -v sqlite3 >/dev/null",
        'sqlite3 "$DB" < dump.sql',
        'sqlite3 "$DB"',
        'echo "sqlite3 app.db is needed"',
        "sqlite3 app.db .dump",
        "/opt/sqlite3-tools/run 'SELECT 1'",
    ],
)
def test_what_is_no_sql_is_left_alone(script: str) -> None:
    extraction = found(script)
    assert (extraction.statements, extraction.findings) == ((), ())


def test_several_statements_and_escapes_keep_their_places() -> None:
    first, second = found('\nsqlite3 "$DB" "DELETE FROM t; SELECT \\"a\\"\n  FROM t"').statements
    assert (first.sql, first.line, first.column) == ("DELETE FROM t", 2, 16)
    assert (second.sql, second.line, second.end_line) == ('SELECT "a"\n  FROM t', 2, 3)


def test_variables_are_holes_unless_the_shell_does_not_replace_them() -> None:
    [plain] = found("sqlite3 db \"SELECT a FROM t WHERE b = '$NAME' AND c = ${ID}\"").statements
    assert [(hole.name, hole.kind.value) for hole in plain.holes] == [("NAME", "inside-string"), ("ID", "value")]
    [quoted] = found("sqlite3 db 'SELECT $1'").statements
    assert quoted.holes == ()


def test_statements_are_checked_and_never_edited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "schema.sql").write_text("CREATE TABLE t (a TEXT);")
    text = "sqlite3 app.db \"SELECT ifnull(a, 'x') FROM t\"\n"
    (tmp_path / "run.sh").write_text(text)
    report = project.fix([tmp_path / "run.sh"], Config(root=tmp_path, schema=(tmp_path / "schema.sql",)), write=True)
    assert (tmp_path / "run.sh").read_text() == text
    [finding] = [finding for finding in report.findings if finding.code == "FNC001"]
    assert (finding.applied, finding.place.column if finding.place else 0) == (False, 24)
    assert {verdict.kind for verdict in report.verdicts.values()} == {"verified"}


@pytest.mark.parametrize(
    ("path", "text", "url"),
    [
        (".env", "DATABASE_URL=sqlite:./data/app.db?mode=rwc", "sqlite:./data/app.db?mode=rwc"),
        ("docker-compose.yml", "  - URL=sqlite:///data/app.db", "sqlite:///data/app.db"),
        ("compose.yaml", 'URL: "sqlite+aiosqlite:////data/app.db"', "sqlite+aiosqlite:////data/app.db"),
        ("Makefile", "URL=sqlite:$(DB) run", "sqlite:$(DB"),
        ("run.sh", 'URL="${URL:-sqlite:./a.db}"', "sqlite:./a.db"),
        ("Dockerfile", "ENV URL=sqlite::memory:", "sqlite::memory:"),
    ],
)
def test_a_url_of_sqlite_is_told_with_its_place(path: str, text: str, url: str) -> None:
    [finding] = found(f"# sqlite:./old.db\n{text}\n", path).findings
    assert finding.code == "SQP007"
    assert f"`{url}`" in finding.message
    assert finding.place is not None
    assert (finding.place.line, finding.place.column) == (2, text.index(url) + 1)


@pytest.mark.parametrize(
    "text", ["image: keinos/sqlite3:latest", "db: postgresql://sqlite@host/x", "name: sqlite", "image: sqlite:3.45"]
)
def test_what_is_no_url_of_sqlite_is_left_alone(text: str) -> None:
    assert found(text, "compose.yml").findings == ()
