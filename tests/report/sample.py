"""A report by hand with one of everything that a format has to show."""

from __future__ import annotations

from sqlport.model import (
    Applicability,
    Edit,
    Effect,
    FileEdit,
    Finding,
    Fix,
    Hole,
    HoleKind,
    Literal,
    Origin,
    Place,
    Port,
    ServerInfo,
    Severity,
    Span,
    Statement,
    Verdict,
)
from sqlport.results import Coverage, Report, Stale

DB = '''\
import sqlite3


def add(con: sqlite3.Connection, name: str) -> None:
    con.execute("INSERT OR IGNORE INTO users(name) VALUES (?)", (name,))


def search(con, table, text):
    return con.execute(
        f"""
        SELECT id, ifnull(naïve, '日本') AS c
        FROM {table}
        WHERE c LIKE ?
        """,
        (text,),
    ).fetchall()


def run(con, sql):
    con.execute(sql)
'''
SCHEMA = "CREATE TABLE users(\n\tid INTEGER PRIMARY KEY,\n\tname TEXT\n) STRICT;\n"


def place(text: str, path: str, needle: str) -> Place:
    """Where `needle` stands for the first time."""
    start = text.index(needle)
    end = start + len(needle)
    return Place(path, *_position(text, start), *_position(text, end))


def _position(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def edit(text: str, path: str, needle: str, new: str) -> FileEdit:
    """Replace `needle`, where it stands first."""
    start = text.index(needle)
    return FileEdit(path, start, start + len(needle), new)


def statement(ident: str, sql: str, line: int, **more: object) -> Statement:
    """A statement in `app/db.py`."""
    values: dict[str, object] = {
        "path": "app/db.py",
        "column": 17,
        "end_line": line,
        "host": "python",
        "dialect": "sqlite",
        "sink": "sqlite3.Connection.execute",
        "sink_path": "app/db.py",
        "sink_line": line,
        **more,
    }
    return Statement(id=ident, line=line, sql=sql, **values)  # type: ignore[arg-type]


SEARCH = "SELECT id, ifnull(naïve, '日本') AS c\n        FROM {table}\n        WHERE c LIKE ?"
STATEMENTS = (
    statement(
        "s1",
        "INSERT OR IGNORE INTO users(name) VALUES (?)",
        5,
        origins=(Origin(0, 44, Literal("app/db.py", 94, 140), 0),),
    ),
    statement(
        "s2",
        SEARCH,
        10,
        end_line=14,
        sink_line=9,
        holes=(Hole("table", HoleKind.TABLE, "table", SEARCH.index("{"), SEARCH.index("}") + 1),),
    ),
    statement(
        "s3",
        "CREATE TABLE users(\n\tid INTEGER PRIMARY KEY,\n\tname TEXT\n) STRICT",
        1,
        path="schema.sql",
        sink_path="",
        sink="",
        sink_line=0,
        host="sql",
        column=1,
        end_line=4,
    ),
)
FINDINGS = (
    Finding(
        code="UPS001",
        name="insert-or-ignore",
        effect=Effect.REJECTED,
        severity=Severity.ERROR,
        message="PostgreSQL has no INSERT OR IGNORE; say ON CONFLICT DO NOTHING",
        span=Span(7, 16),
        applicability=Applicability.UNSAFE,
        fix=Fix(
            Applicability.UNSAFE,
            (Edit(7, 17, ""), Edit(44, 44, " ON CONFLICT DO NOTHING")),
            (
                edit(DB, "app/db.py", "OR IGNORE ", ""),
                FileEdit(
                    "app/db.py",
                    DB.index('(?)"') + 3,
                    DB.index('(?)"') + 3,
                    " ON CONFLICT DO NOTHING",
                ),
            ),
            condition="no NOT NULL or CHECK constraint is violated: SQLite ignores those as well",
            reason="no-server",
        ),
        place=place(DB, "app/db.py", "OR IGNORE"),
        statement_id="s1",
        fingerprint="00112233aabbccdd",
    ),
    Finding(
        code="FNC001",
        name="ifnull",
        effect=Effect.REJECTED,
        severity=Severity.ERROR,
        message="PostgreSQL has no ifnull(); coalesce() is the same",
        span=Span(11, 32),
        applicability=Applicability.SAFE,
        fix=Fix(Applicability.SAFE, (), (edit(DB, "app/db.py", "ifnull", "coalesce"),)),
        place=place(DB, "app/db.py", "ifnull(naïve, '日本')"),
        statement_id="s2",
        fingerprint="1111111111111111",
    ),
    Finding(
        code="PAT001",
        name="like-case-sensitivity",
        effect=Effect.DIFFERS,
        severity=Severity.WARNING,
        message="LIKE folds the case of ASCII letters in SQLite: 100% of them, not in PostgreSQL",
        span=Span(0, len(SEARCH)),
        place=place(DB, "app/db.py", DB[DB.index("SELECT") : DB.index("LIKE ?") + 6]),
        statement_id="s2",
        fingerprint="2222222222222222",
    ),
    Finding(
        code="SQP001",
        name="unresolved-sql",
        effect=Effect.REJECTED,
        severity=Severity.ERROR,
        message="the SQL of this call could not be worked out; pass a constant",
        span=Span(0, 0),
        place=place(DB, "app/db.py", "execute(sql)"),
        fingerprint="3333333333333333",
    ),
    Finding(
        code="DDL006",
        name="strict-without-rowid",
        effect=Effect.STYLE,
        severity=Severity.INFO,
        message="PostgreSQL has no STRICT;\x1b[31m every table is",
        span=Span(0, 5),
        place=place(SCHEMA, "schema.sql", "\n) STRICT"),
        statement_id="s3",
        fingerprint="4444444444444444",
        applicability=Applicability.SAFE,
        fix=Fix(
            Applicability.SAFE,
            (),
            (edit(SCHEMA, "schema.sql", " STRICT", ""), edit(SCHEMA, "schema.sql", "INTEGER", "bigint")),
        ),
    ),
)
SERVER = ServerInfo("embedded", 18, "18.6", "C")
REPORT = Report(
    findings=FINDINGS,
    statements=STATEMENTS,
    ported={
        "s1": Port("INSERT INTO users(name) VALUES (%s) ON CONFLICT DO NOTHING"),
        "s2": Port(SEARCH.replace("ifnull", "coalesce").replace("?", "%s")),
    },
    verdicts={
        "s1": Verdict("verified", server=SERVER),
        "s2": Verdict("unverified", "hole"),
        "s3": Verdict("rejected", "", "42601", 'syntax error at or near "STRICT"', 50, server=SERVER),
    },
    sources={"app/db.py": DB, "schema.sql": SCHEMA},
    diffs={"app/db.py": (DB, DB.replace("ifnull", "coalesce")), "schema.sql": (SCHEMA, SCHEMA.rstrip("\n"))},
    files=("app/db.py", "schema.sql", "app/__init__.py"),
    coverage=Coverage(resolved=1, with_holes=1, alternatives=0, unresolved=1),
    server=SERVER,
    known=2,
    stale=(Stale("ff", "UPS001", "app/old.py", "insert or ignore into gone values (1)"),),
)
