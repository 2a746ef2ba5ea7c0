"""The ledger keeps what PostgreSQL said under a name that changes with everything the verdict depends on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from sqlport.model import ResultColumn, ServerInfo, SqlportError, Target, Verdict
from sqlport.verify import ledger

VERDICT = Verdict(
    "rejected",
    "a hint",
    "42703",
    'column "\N{SNOWMAN}" does not exist',
    7,
    ("bigint", "text"),
    (ResultColumn("a", "numeric(10,2)"),),
)
ENTRY = ledger.entry("SELECT a", "SELECT b", "digest", Target(), 18, verdict=VERDICT, types=("int", None))


def test_what_is_stored_is_loaded(tmp_path: Path) -> None:
    assert ledger.store(tmp_path, [ENTRY]) == 1
    loaded = ledger.load(tmp_path)[ENTRY.key]
    assert dataclasses.replace(loaded, verdict=VERDICT) == ENTRY
    assert dataclasses.replace(loaded.verdict, server=None) == VERDICT
    assert loaded.verdict.server == ServerInfo("ledger", 18, "18", "C")


def test_files_are_the_same_on_every_machine(tmp_path: Path) -> None:
    other = dataclasses.replace(
        ENTRY, verdict=dataclasses.replace(VERDICT, server=ServerInfo("system", 18, "18.7", "C"))
    )
    ledger.store(tmp_path, [ENTRY])
    (path,) = (tmp_path / ledger.FOLDER).iterdir()
    before = path.read_bytes()
    assert ledger.store(tmp_path, [other]) == 0
    assert path.read_bytes() == before
    assert before.endswith(b"}\n")
    assert before.isascii()
    text = json.dumps(json.loads(before), indent=1, sort_keys=True) + "\n"
    assert text.encode() == before


def test_nothing_but_entries_is_left(tmp_path: Path) -> None:
    ledger.store(tmp_path, [ENTRY, dataclasses.replace(ENTRY, key="0" * 32)])
    assert {path.suffix for path in (tmp_path / ledger.FOLDER).iterdir()} == {".json"}


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "SELECT c"},
        {"ported": "SELECT c"},
        {"ported": "SELECT  b"},
        {"schema": "other"},
        {"major": 17},
        {"types": ("int", "str")},
        {"target": Target(profile="native")},
        {"target": Target(types={"t.c": "jsonb"})},
        {"target": Target(driver="none")},
        {"target": Target(postgres_version=16)},
        {"target": Target(locale="en_US.UTF-8")},
        {"target": Target(helpers=True)},
    ],
)
def test_the_key_changes_with_all_that_a_verdict_depends_on(changes: dict[str, object]) -> None:
    values = {"source": "SELECT a", "ported": "SELECT b", "schema": "digest", "target": Target(), "major": 18}
    values |= {"types": ("int", None)} | changes
    assert ledger.key(**values) != ENTRY.key  # type: ignore[arg-type]


def test_the_key_knows_every_field_of_the_target() -> None:
    assert {field.name for field in dataclasses.fields(Target)} == set(ledger._target(Target()))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("SELECT a", "  SELECT\n\ta ;"),
        ("SELECT a", "SELECT -- why\n a /* what */"),
        ("SELECT a", "SELECT a;\n"),
    ],
)
def test_layout_and_comments_do_not_count(left: str, right: str) -> None:
    assert ledger.normalised(left) == ledger.normalised(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("SELECT 'a  b'", "SELECT 'a b'"),
        ('SELECT "a  b"', 'SELECT "a b"'),
        ("SELECT `a  b`", "SELECT `a b`"),
        ("SELECT 'it''s  x'", "SELECT 'it''s x'"),
        ("SELECT '--  x'", "SELECT '-- x'"),
        ("SELECT $$a  b$$", "SELECT $$a b$$"),
        ("SELECT a b", "SELECT ab"),
        ("SELECT A", "SELECT a"),
    ],
)
def test_everything_else_counts(left: str, right: str) -> None:
    assert ledger.normalised(left) != ledger.normalised(right)


def test_a_statement_finds_its_entry(tmp_path: Path) -> None:
    older = ledger.entry("SELECT a", "SELECT b", "digest", Target(), 15, verdict=VERDICT)
    newer = ledger.entry("SELECT a", "SELECT b", "digest", Target(), 18, verdict=VERDICT)
    ledger.store(tmp_path, [older, newer])
    entries = ledger.load(tmp_path)
    found = ledger.lookup(entries, "SELECT  a", "SELECT b", "digest", Target())
    assert found is not None
    assert found.major == 18
    assert ledger.lookup(entries, "SELECT a", "SELECT c", "digest", Target()) is None
    assert ledger.lookup({}, "SELECT a", "SELECT b", "digest", Target()) is None


def test_the_major_of_the_target_comes_first(tmp_path: Path) -> None:
    target = Target(postgres_version=15)
    pair = [ledger.entry("a", "b", "", target, major, verdict=VERDICT) for major in (15, 18)]
    ledger.store(tmp_path, pair)
    found = ledger.lookup(ledger.load(tmp_path), "a", "b", "", target)
    assert found is not None
    assert found.major == 15


def test_entries_that_nobody_asks_for_are_stale_and_can_go(tmp_path: Path) -> None:
    ledger.store(tmp_path, [ENTRY])
    entries = ledger.load(tmp_path)
    assert ledger.stale(entries, [ENTRY.key, "other"]) == ()
    assert ledger.stale(entries, ["other"]) == (ENTRY.key,)
    ledger.prune(tmp_path, [ENTRY.key, "never there"])
    assert ledger.load(tmp_path) == {}


def test_an_older_format_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    ledger.store(tmp_path, [ENTRY])
    (path,) = (tmp_path / ledger.FOLDER).iterdir()
    path.write_text(path.read_text().replace('"format": 1', '"format": 0'))
    assert ledger.load(tmp_path) == {}


def test_without_a_ledger_there_is_nothing(tmp_path: Path) -> None:
    assert ledger.load(tmp_path) == {}


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"format": 1}', "<<<<<<< HEAD"])
def test_a_file_that_is_no_entry_is_told(tmp_path: Path, text: str) -> None:
    folder = tmp_path / ledger.FOLDER
    folder.mkdir(parents=True)
    (folder / "x.json").write_text(text)
    with pytest.raises(SqlportError, match=r"x\.json: is not an entry"):
        ledger.load(tmp_path)


def test_an_entry_under_a_wrong_name_is_told(tmp_path: Path) -> None:
    ledger.store(tmp_path, [ENTRY])
    (path,) = (tmp_path / ledger.FOLDER).iterdir()
    path.write_text(path.read_text().replace("SELECT b", "SELECT c"))
    with pytest.raises(SqlportError, match="changed by hand"):
        ledger.load(tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / ".sqlport").touch()
    with pytest.raises(SqlportError, match="cannot be written"):
        ledger.store(tmp_path, [ENTRY])
