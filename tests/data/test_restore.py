"""The way back: a backup with a manifest before anything starts, and a new SQLite file as the old one was."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks.round_trip import content
from tests.data.conftest import Ask, Data, Make
from tests.data.test_copy import SHOP

MORE = """
PRAGMA user_version = 7;
PRAGMA application_id = 99;
CREATE TABLE [odd "name" ] (
    "a b" TEXT COLLATE NOCASE DEFAULT 'x', d DATE, m DECIMAL(10,2), n NUMERIC, any, CHECK (m < 1e12)
);
INSERT INTO [odd "name" ] VALUES ('É', '2024-01-02', 0.1, 5.0, 'text'), (NULL, NULL, 100, 1e300, NULL);
INSERT INTO [odd "name" ] VALUES ('', '', -3.25, 12, '');
CREATE UNIQUE INDEX "Some Index" ON [odd "name" ] ("a b", d) WHERE m > 0;
CREATE TABLE kept (id INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO kept VALUES (9);
DELETE FROM kept;
"""


def test_a_round_trip_gives_the_same_file(make: Make, data: Data, url: str, tmp_path: Path) -> None:
    file = make(SHOP + MORE)
    copied = data("copy", file, url)
    assert copied.exit_code == 0, copied.output
    (manifest,) = (tmp_path / ".sqlport" / "backup").glob("*.manifest.json")
    assert f"--like {manifest.relative_to(tmp_path)}" in copied.stderr
    result = data("restore", "new.db", url)
    assert result.exit_code == 0, result.output
    assert result.stdout == "new.db: 7 tables, 906 rows, every value compared\n"
    assert content(tmp_path / "new.db") == content(file)
    assert not list(tmp_path.glob("*.unfinished*"))


def test_rows_that_were_added_later_come_back_too(make: Make, data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    file = make(SHOP)
    assert data("copy", file, url, "--no-backup").exit_code == 0
    ask("INSERT INTO author (name, height, face) VALUES ('later', 1.5, '\\x00ff')")
    ask("UPDATE book SET price = 0 WHERE id = 2")
    ask("CREATE TABLE only_there (i int)")
    result = data("restore", "new.db", url, "--like", file)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "table only_there is only in PostgreSQL: left as it is"
    with closing(sqlite3.connect(tmp_path / "new.db")) as connection:
        row = connection.execute("SELECT id, height, face FROM author WHERE name = 'LATER'").fetchone()
        assert row == (302, 1.5, b"\x00\xff")
        assert connection.execute("SELECT price, twice FROM book WHERE id = 2").fetchone() == (0.0, 4)
        assert connection.execute("INSERT INTO author (name) VALUES ('n') RETURNING id").fetchone() == (303,)


def test_the_backup_is_described_and_made_once(make: Make, data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    file = make("CREATE TABLE t (i INTEGER); INSERT INTO t VALUES (1), (2)")
    assert data("copy", file, url, "--backup", "kept").exit_code == 0
    (manifest,) = (tmp_path / "kept").glob("*.manifest.json")
    told = json.loads(manifest.read_text())
    backup = tmp_path / "kept" / told["file"]
    assert told["tables"] == {"t": 2}
    assert told["size"] == backup.stat().st_size
    assert content(backup) == content(file)
    written = backup.stat().st_mtime_ns
    ask("DROP TABLE t")
    assert data("copy", file, url, "--backup", "kept").exit_code == 0
    assert backup.stat().st_mtime_ns == written


def test_nothing_is_written_over_and_a_failure_leaves_no_file(
    make: Make, data: Data, ask: Ask, url: str, tmp_path: Path
) -> None:
    file = make("CREATE TABLE t (r REAL, u TEXT UNIQUE)")
    assert data("copy", file, url).exit_code == 0
    assert data("restore", file, url).exit_code == 2
    ask("INSERT INTO t VALUES ('NaN', 'x')")
    assert "t.r: holds NaN" in data("restore", "new.db", url).stderr
    ask("ALTER TABLE t DROP CONSTRAINT t_u_key; UPDATE t SET r = 1; INSERT INTO t VALUES (2, 'x')")
    assert (
        "t: SQLite refuses a row that PostgreSQL has (UNIQUE constraint failed: t.u)"
        in data("restore", "new.db", url).stderr
    )
    assert not list(tmp_path.glob("new*"))


def test_without_a_backup_the_original_has_to_be_named(data: Data, url: str) -> None:
    result = data("restore", "new.db", url)
    assert result.exit_code == 2
    assert "name the original SQLite file by --like" in result.stderr


def test_values_come_back_in_the_form_that_the_programs_of_the_file_write(
    make: Make, data: Data, ask: Ask, url: str, tmp_path: Path
) -> None:
    """As an ORM has them: a uuid in char(32), an interval in a bigint, moments in one of several forms."""
    file = make(
        "CREATE TABLE t (id char(32) PRIMARY KEY, long UUID, took bigint, naive datetime, zoned datetime,"
        " iso timestamp, offset timestamp, day date, empty datetime, ip char(39));"
        "INSERT INTO t VALUES ('00000000000000000000000000000001', '00000000-0000-0000-0000-000000000002', -1,"
        " '2024-01-02 03:04:05.000006', '2024-01-02T03:04:05Z', '2024-01-02T03:04:05', '2024-01-02 03:04:05+00:00',"
        " '2024-01-02', NULL, '10.0.0.1')"
    )
    ask(
        "CREATE TABLE t (id uuid PRIMARY KEY, long uuid, took interval, naive timestamptz, zoned timestamptz,"
        ' iso timestamp, "offset" timestamptz, day date, empty timestamptz, ip inet)'
    )
    assert data("copy", file, url, "--policy", "t.took=coerce:microseconds").exit_code == 0
    restored = data("restore", "new.db", url)
    assert restored.exit_code == 0, restored.output
    assert content(tmp_path / "new.db") == content(file)
    ask(
        "INSERT INTO t SELECT gen_random_uuid(), long, '1 day 00:00:00.5', '2024-07-01 00:00+02',"
        " '2024-07-01 00:00+02', iso, \"offset\", day, '2024-07-01 00:00+02', '::1' FROM t"
    )
    assert data("restore", "later.db", url, "--like", file).exit_code == 0
    with closing(sqlite3.connect(tmp_path / "later.db")) as connection:
        query = "SELECT length(id), took, naive, zoned, empty, ip FROM t WHERE took > 0"
        assert connection.execute(query).fetchall() == [
            (32, 86_400_500_000, "2024-06-30 22:00:00", "2024-06-30T22:00:00Z", "2024-06-30 22:00:00+00:00", "::1")
        ]


def test_a_type_that_rows_are_not_read_from_can_be_left_out(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make("CREATE TABLE t (id INTEGER PRIMARY KEY, tags TEXT, path TEXT)")
    ask("CREATE TABLE t (id bigint PRIMARY KEY, tags text[], path point); INSERT INTO t VALUES (1, '{a}', '(1,2)')")
    failed = data("restore", "new.db", url, "--like", file)
    assert failed.exit_code == 2
    assert "t.tags (text[]), t.path (point); leave them out: --skip t.tags --skip t.path" in failed.stderr
    result = data("restore", "new.db", url, "--like", file, "--skip", "t.tags", "--skip", "t.path")
    assert result.exit_code == 0, result.output
    assert "column t.tags is left out, as asked" in result.stderr


def test_what_a_policy_made_text_is_numbers_again(make: Make, data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    """And a foreign key that SQLite itself cannot check is in nobody's way."""
    file = make(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, name TEXT);"
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, p TEXT REFERENCES p (name), up TEXT);"
        "INSERT INTO p VALUES (1, 'x');"
        "INSERT INTO t VALUES (1, 5, 'x', '3'), (2, 'many', 'x', '1'), (3, 2.5, 'x', NULL), (4, NULL, NULL, NULL)"
    )
    ask("CREATE TABLE p (id bigint PRIMARY KEY, name text)")
    ask("CREATE TABLE t (id bigint PRIMARY KEY, n text, p text, up int)")
    policies = "--policy", "t.n=coerce:text", "--policy", "t.up=coerce:number"
    assert data("copy", file, url, *policies).exit_code == 0
    assert ask("SELECT n FROM t ORDER BY id") == [("5",), ("many",), ("2.5",), (None,)]
    restored = data("restore", "new.db", url)
    assert restored.exit_code == 0, restored.output
    assert content(tmp_path / "new.db") == content(file)
    ask("UPDATE t SET n = '007' WHERE id = 1")  # which SQLite would make 7
    refused = data("restore", "other.db", url)
    assert refused.exit_code == 2
    assert "t (id = 1): n is '7' in SQLite, '007' in PostgreSQL: it does not come back" in refused.stderr
    assert not (tmp_path / "other.db").exists()
