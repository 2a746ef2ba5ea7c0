"""Which files of a folder are migrations for SQLite, and which for PostgreSQL."""

from __future__ import annotations

from pathlib import Path

import pytest

from sqlport.catalog.scripts import for_postgres, scripts


def names(folder: Path, files: list[str], engine: str = "sqlite") -> list[str]:
    for name in files:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("SELECT 1")
    found = scripts(folder, "postgres" if engine == "postgres" else "sqlite")
    return [each.relative_to(folder).as_posix() for each in found]


EVERY = [
    "1_users.mysql.up.sql",
    "1_users.sqlite3.up.sql",
    "1_users.postgres.up.sql",
    "1_users.sqlite3.down.sql",
    "2_more.up.sql",
    "3_keys.autocommit.up.sql",
    "3_keys.sqlite.up.sql",
    "4_only.mysql.up.sql",
]


def test_of_several_engines_sqlites_files_and_those_for_all_are_taken(tmp_path: Path) -> None:
    assert names(tmp_path, EVERY) == ["1_users.sqlite3.up.sql", "2_more.up.sql", "3_keys.sqlite.up.sql"]


def test_postgresql_takes_its_own(tmp_path: Path) -> None:
    found = names(tmp_path, EVERY, "postgres")
    assert found == ["1_users.postgres.up.sql", "2_more.up.sql", "3_keys.autocommit.up.sql"]


def test_a_folder_for_each_engine(tmp_path: Path) -> None:
    files = ["sqlite/1.sql", "sqlite/2.sql", "mysql/1.sql", "postgres/1.sql"]
    assert names(tmp_path, files) == ["sqlite/1.sql", "sqlite/2.sql"]


def test_engines_behind_an_underscore(tmp_path: Path) -> None:
    files = ["1_a_postgres.up.sql", "1_a_sqlite.up.sql", "1_a_sqlite.down.sql"]
    assert names(tmp_path, files) == ["1_a_sqlite.up.sql"]


def test_one_script_that_names_an_engine_is_a_migration(tmp_path: Path) -> None:
    files = ["1_users.sql", "2_import_from_mysql.sql", "3_pg_ids.sql"]
    assert names(tmp_path, files) == files


def test_one_engine_beside_files_of_the_same_name(tmp_path: Path) -> None:
    assert names(tmp_path, ["1_a.up.sql", "1_a.postgres.up.sql", "2_b.up.sql"]) == ["1_a.up.sql", "2_b.up.sql"]


def test_only_another_engines_files_are_left_to_tell(tmp_path: Path) -> None:
    assert names(tmp_path, ["1_a.sql", "2_b.mysql.sql"]) == ["1_a.sql", "2_b.mysql.sql"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("1_a.sqlite3.up.sql", "1_a.postgres.up.sql"),
        ("1_a_sqlite.sql", "1_a_postgres.sql"),
        ("sqlite/1_a.sql", "postgres/1_a.sql"),
        ("1_sqlite_pragmas.sql", "1_sqlite_pragmas.sql"),
        ("1_a.sql", "1_a.sql"),
    ],
)
def test_a_ported_migration_says_that_it_is_for_postgresql(name: str, expected: str) -> None:
    assert for_postgres(name) == expected
