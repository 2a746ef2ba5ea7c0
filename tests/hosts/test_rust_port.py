"""A Rust crate from SQLite to PostgreSQL: what is written, what is shown, and what stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sqlport import project
from sqlport.config import Config
from sqlport.files import source_of
from sqlport.hosts import apply_edits
from sqlport.hosts.mapping import Unmappable
from sqlport.hosts.rust import apply
from sqlport.model import FileEdit
from sqlport.results import Report

SCHEMA = """
CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, seen INTEGER);
"""
HEADER = "use sqlx::SqlitePool;\n"

Ported = Callable[..., tuple[str, Report]]


@pytest.fixture
def ported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ported:
    """The new text of a Rust file whose function body is given."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "001_users.sql").write_text(SCHEMA)
    (tmp_path / "migrations" / "002_mail.sql").write_text("ALTER TABLE users ADD COLUMN mail TEXT;")

    def port(body: str, *, unsafe: bool = False, whole: bool = False) -> tuple[str, Report]:
        text = body if whole else f"{HEADER}async fn f(pool: &SqlitePool, id: i64, name: &str) {{\n{body}\n}}\n"
        file = tmp_path / "main.rs"
        file.write_bytes(text.encode())
        config = Config(root=tmp_path, schema=(tmp_path / "migrations",))
        report = project.fix([file], config, write=True, unsafe=unsafe)
        return file.read_bytes().decode().removeprefix(HEADER), report

    return port


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('sqlx::query("SELECT id FROM users WHERE id = ?")', 'sqlx::query("SELECT id FROM users WHERE id = $1")'),
        (
            'sqlx::query!(r#"SELECT id as "id!: i64" FROM users WHERE name = ? AND id > ?"#, name, id)',
            'sqlx::query!(r#"SELECT id as "id!: i64" FROM users WHERE name = $1 AND id > $2"#, name, id)',
        ),
        (
            'sqlx::query("SELECT id FROM users WHERE id = ?1 OR seen = ?1 OR mail = ?2")',
            'sqlx::query("SELECT id FROM users WHERE id = $1 OR seen = $1 OR mail = $2")',
        ),
        (
            'sqlx::query("INSERT OR IGNORE INTO users (name) \\\n         VALUES (?)")',
            'sqlx::query("INSERT INTO users (name) \\\n         VALUES ($1) ON CONFLICT DO NOTHING")',
        ),
        (
            'sqlx::query_as!(U, r#"SELECT id as "id?: i64" FROM users WHERE name = \'?\' AND id = ?"#, id)',
            'sqlx::query_as!(U, r#"SELECT id as "id?: i64" FROM users WHERE name = \'?\' AND id = $1"#, id)',
        ),
        (
            'let q = format!("SELECT id FROM {} WHERE id = ?", "users"); sqlx::query(&q)',
            'let q = format!("SELECT id FROM {} WHERE id = $1", "users"); sqlx::query(&q)',
        ),
        (
            'sqlx::query("SELECT ifnull(mail, \\"none\\") FROM users /* \u00fc */ WHERE id = ?")',
            "sqlx::query(\"SELECT coalesce(mail, 'none') FROM users /* \u00fc */ WHERE id = $1\")",
        ),
    ],
)
def test_sql_is_ported_in_place(ported: Ported, before: str, after: str) -> None:
    text, report = ported(before + ".execute(pool);")
    assert after + ".execute(pool);" in text
    assert {verdict.kind for verdict in report.verdicts.values()} == {"verified"}


def test_a_second_run_finds_nothing_to_do(ported: Ported) -> None:
    text, _ = ported('sqlx::query!("SELECT ifnull(mail, 1) FROM users WHERE id = ?", id);')
    again, report = ported(text, whole=True)
    assert again == text
    assert not report.diffs


def test_text_with_a_quote_and_hash_gets_more_hashes(ported: Ported) -> None:
    text, _ = ported('sqlx::query(r"SELECT id AS [Id#] FROM users");')
    assert 'r#"SELECT id AS "Id#" FROM users"#' in text


def test_the_port_of_a_constant_is_written_where_it_is(ported: Ported) -> None:
    text, _ = ported(
        'const ONE: &str = "SELECT id FROM users WHERE id = ?";\n'
        "async fn f(p: &sqlx::SqlitePool) { sqlx::query(ONE).execute(p); sqlx::query(ONE).fetch_all(p); }\n",
        whole=True,
    )
    assert 'const ONE: &str = "SELECT id FROM users WHERE id = $1";' in text


def test_placeholders_behind_a_condition_cannot_be_numbered_and_stay(ported: Ported) -> None:
    body = """
        let mut q = String::from("SELECT id FROM users WHERE 1 = 1");
        if id > 1 { q.push_str(" AND id = ?"); }
        q.push_str(" LIMIT ?");
        sqlx::query(&q).execute(pool);
    """
    text, report = ported(body)
    assert " LIMIT ?" in text
    assert "SQP006" in {finding.code for finding in report.findings}


def test_a_list_of_placeholders_is_shown_and_its_statement_stays(ported: Ported) -> None:
    body = """
        let marks = ids.iter().map(|_| "?").collect::<Vec<_>>().join(",");
        sqlx::query(&format!("DELETE FROM users WHERE id IN ({}) AND name = ?", marks)).execute(pool);
    """
    text, report = ported(body)
    assert "AND name = ?" in text
    [finding] = [finding for finding in report.findings if finding.code == "PRM001"]
    assert "ANY($1)" in finding.message


def test_what_computed_text_may_renumber_is_only_written_on_request(ported: Ported) -> None:
    body = 'sqlx::query(&format!("SELECT id FROM users WHERE {} LIMIT ?", where_clause())).execute(pool);'
    assert "LIMIT ?" in ported(body)[0]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_nothing_outside_the_literals_changes(ported: Ported, end: str) -> None:
    body = (
        'let a = 1; // "?" \u00e9\nsqlx::query("SELECT id\nFROM users\nWHERE id = ?").bind(a);\nlet b = r#"?"#; /* ? */'
    )
    before = f"{HEADER}async fn f() {{\n{body}\n}}\n".replace("\n", end)
    text, _ = ported(before, whole=True)
    assert text.replace("$1", "?") == before.removeprefix(HEADER)
    assert "$1" in text


def test_a_value_of_another_type_than_the_column_is_rejected(ported: Ported) -> None:
    body = 'let key: Vec<u8> = vec![]; sqlx::query("SELECT id FROM users WHERE name = ?").bind(&key).execute(pool);'
    _, report = ported(body)
    assert {verdict.sqlstate for verdict in report.verdicts.values()} == {"42883"}


def test_an_edit_outside_of_a_literal_is_refused() -> None:
    file = source_of("a.rs", b'fn f() { q("a"); }')
    assert isinstance(apply_edits(file, [FileEdit("a.rs", 11, 14, "x")]), object)
    with pytest.raises(Unmappable):
        apply(file, [FileEdit("a.rs", 9, 10, "z")])
    with pytest.raises(Unmappable):
        apply(file, [FileEdit("a.rs", 12, 13, 'a", "b')])


def codes(report: Report) -> list[tuple[str, bool]]:
    return [(finding.code, finding.applied) for finding in report.findings if finding.code in ("SQP007", "SQP009")]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'let r = sqlx::query("INSERT INTO users (name) VALUES (?)").bind(name).execute(pool).await?;\n'
            "let key = r.last_insert_rowid();",
            'let r = sqlx::query_scalar::<_, i64>("INSERT INTO users (name) VALUES ($1) RETURNING id")'
            ".bind(name).fetch_one(pool).await?;\nlet key = r;",
        ),
        (
            'let r = sqlx::query!("INSERT INTO users (name) VALUES (?)", name).execute(pool).await?;\n'
            "Ok(User { id: r.last_insert_rowid() })",
            'let r = sqlx::query_scalar!("INSERT INTO users (name) VALUES ($1) RETURNING id", name)'
            ".fetch_one(pool).await?;\nOk(User { id: r })",
        ),
    ],
)
def test_an_insert_whose_id_is_read_returns_it_on_request(ported: Ported, before: str, after: str) -> None:
    text, report = ported(before, unsafe=True)
    assert after in text
    assert "use sqlx::PgPool;" in (Path("main.rs").read_text())
    assert {verdict.kind for verdict in report.verdicts.values()} == {"verified"}
    assert codes(report) == [("SQP009", True)] * 3


@pytest.mark.parametrize(
    "body",
    [
        'let r = sqlx::query("INSERT INTO users (name) VALUES (1)").execute(pool).await?;\n'
        "log(r.rows_affected()); let key = r.last_insert_rowid();",
        "let key = connection.last_insert_rowid();",
        "let key = self.run(name).await?.last_insert_rowid();",
        'let r: SqliteQueryResult = sqlx::query("INSERT INTO users (name) VALUES (1)").execute(pool).await?;\n'
        "let key = r.last_insert_rowid();",
    ],
)
def test_an_id_that_is_read_otherwise_is_only_told(ported: Ported, body: str) -> None:
    text, report = ported(body, unsafe=True)
    assert "last_insert_rowid" in text
    assert "RETURNING" not in text
    assert ("SQP009", False) in codes(report)


def test_without_the_request_the_code_stays_and_is_told(ported: Ported) -> None:
    body = 'let r = sqlx::query("INSERT INTO users (name) VALUES (1)").execute(pool).await?;\nr.last_insert_rowid()'
    text, report = ported(body)
    assert body in text
    assert codes(report) == [("SQP009", False)] * 3


def test_urls_of_sqlite_and_types_without_counterpart_are_told(ported: Ported) -> None:
    body = 'let o = SqliteJournalMode::Wal;\nconnect("sqlite:./a.db?mode=rwc"); connect(":memory:"); // SqlitePool'
    _, report = ported(f"fn f() {{\n{body}\n}}", whole=True, unsafe=True)
    assert codes(report) == [("SQP009", False), ("SQP007", False), ("SQP007", False)]


def test_code_that_speaks_to_both_engines_is_left_alone(ported: Ported) -> None:
    text, report = ported("fn f(a: SqlitePool, b: PgPool) {}", whole=True, unsafe=True)
    assert text == "fn f(a: SqlitePool, b: PgPool) {}"
    assert codes(report) == []


def test_a_comment_keeps_a_name(ported: Ported) -> None:
    body = "fn f(a: SqlitePool) {} // sqlport: ignore[SQP009] -- reads the old file\nfn g(a: SqliteRow) {}"
    text, report = ported(body, whole=True, unsafe=True)
    assert text == body.replace("SqliteRow", "PgRow")
    assert codes(report) == [("SQP009", True)]
