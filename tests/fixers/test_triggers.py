"""Ported triggers do on PostgreSQL what SQLite's did: the tables are the same afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import sqlport
from sqlport.config import Config
from sqlport.engines.server import Server
from tests.judge import on_postgres, on_sqlite

TABLES = """
CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, stock INTEGER NOT NULL DEFAULT 0, at TEXT);
CREATE TABLE log (what TEXT, item INTEGER, old TEXT, new TEXT);
CREATE TABLE total (name TEXT PRIMARY KEY, n INTEGER NOT NULL);
INSERT INTO item (id, name, stock) VALUES (1, 'a', 5), (2, 'b', 0), (3, NULL, 7);
INSERT INTO total VALUES ('a', 5);
CREATE TABLE pair (a TEXT NOT NULL, b TEXT NOT NULL, at TEXT, PRIMARY KEY (a, b));
INSERT INTO pair VALUES ('x', 'y', NULL), ('x', 'z', NULL);
"""
WORK = """
UPDATE item SET stock = stock + 1 WHERE id < 3;
INSERT INTO item (id, name, stock) VALUES (4, 'c', 2);
UPDATE item SET name = 'z' WHERE id = 1;
DELETE FROM item WHERE id = 2;
UPDATE pair SET b = 'w' WHERE b = 'y';
INSERT INTO pair VALUES ('n', 'm', NULL);
"""
TRIGGERS = [
    "CREATE TRIGGER t AFTER UPDATE ON item BEGIN UPDATE item SET at = 'now' WHERE id = NEW.id; END",
    """CREATE TRIGGER t AFTER UPDATE OF stock, at ON item FOR EACH ROW
    BEGIN UPDATE item SET at = 'x' WHERE rowid = OLD.rowid; END""",
    "CREATE TRIGGER t AFTER INSERT ON item BEGIN UPDATE item SET stock = stock * 2 WHERE id = NEW.id; END",
    "CREATE TRIGGER t AFTER DELETE ON item BEGIN INSERT INTO log (what, item, old) VALUES ('x', OLD.id, OLD.name); END",
    """CREATE TRIGGER t AFTER UPDATE ON item WHEN OLD.name IS NOT NEW.name OR NEW.stock BEGIN
        -- both values; the semicolon here is no end
        INSERT INTO log VALUES ('name', NEW.id, OLD.name, ifnull(NEW.name, 'none;'));
        INSERT OR IGNORE INTO total VALUES (NEW.name, 1);
        INSERT OR REPLACE INTO total (name, n) VALUES ('last', NEW.id);
    END""",
    """CREATE TRIGGER t BEFORE INSERT ON item BEGIN
        SELECT CASE WHEN NEW.stock > 100 THEN RAISE(ABORT, 'much') END;
        INSERT INTO log (what, new) SELECT CASE WHEN NEW.stock THEN 'some' ELSE 'none' END, NEW.name;
    END""",
    "CREATE TRIGGER t BEFORE DELETE ON item WHEN OLD.stock < 100 BEGIN SELECT RAISE(IGNORE); END",
    "CREATE TRIGGER t BEFORE UPDATE ON item BEGIN SELECT RAISE(IGNORE) WHERE NEW.id = 1; END",
    "CREATE TRIGGER t BEFORE INSERT ON item BEGIN SELECT RAISE(IGNORE) FROM total WHERE name = 'a'; END",
    "create trigger t after delete on item begin delete from log; insert into log (what) values ('x'); end",
    """CREATE TRIGGER t AFTER INSERT ON item WHEN (SELECT count(*) FROM log) = 0 BEGIN
        INSERT INTO log (what) VALUES ('first');
    END""",
    'CREATE TRIGGER "Odd Name" AFTER INSERT ON "item" BEGIN UPDATE `total` SET [n] = n + NEW.stock; END',
    "CREATE TRIGGER t AFTER INSERT ON pair BEGIN UPDATE pair SET at = 'now' WHERE rowid = NEW.rowid; END",
    """CREATE TRIGGER t AFTER UPDATE ON pair BEGIN
        UPDATE pair SET at = 'not this' WHERE NOT new.rowid = pair.rowid; -- the others
        UPDATE pair SET at = 'this' WHERE old.rowid == _rowid_;
    END""",
]
MANUAL = [
    "CREATE TRIGGER t BEFORE UPDATE ON item BEGIN UPDATE item SET at = 'x' WHERE id = NEW.id; END",
    "CREATE TRIGGER t AFTER INSERT ON item BEGIN SELECT RAISE(FAIL, 'x'); END",
    "CREATE TRIGGER t AFTER INSERT ON item BEGIN SELECT 1, RAISE(ABORT, 'x'); END",
    "CREATE TRIGGER t AFTER INSERT ON item BEGIN INSERT INTO log (what) VALUES (NEW.nothing); END",
    "CREATE TRIGGER t AFTER INSERT ON item BEGIN INSERT INTO log (item) VALUES (last_insert_rowid()); END",
    "CREATE TRIGGER t AFTER INSERT ON other BEGIN DELETE FROM log; END",
    "CREATE TRIGGER t BEFORE INSERT ON pair BEGIN DELETE FROM pair WHERE rowid = NEW.rowid; END",
    "CREATE TRIGGER t AFTER INSERT ON pair BEGIN DELETE FROM log WHERE item = NEW.rowid; END",
    "CREATE TEMP TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM log; END",
]


@pytest.fixture(scope="module")
def connection(server: Server) -> Iterator[psycopg.Connection[Any]]:
    with server.connect() as connection:
        yield connection


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_the_tables_are_the_same_afterwards(trigger: str, connection: psycopg.Connection[Any]) -> None:
    script = f"{trigger};\n{WORK}"
    ported = sqlport.port(script, schema=TABLES, unsafe=True)
    assert "TRG001" in [finding.code for finding in ported.findings if finding.applied]
    before = on_sqlite(TABLES, script)
    assert before.error == ""
    assert on_postgres(connection, TABLES, ported.sql, None) == before


@pytest.mark.parametrize("trigger", MANUAL)
def test_what_is_not_certain_is_left_to_a_person(trigger: str) -> None:
    ported = sqlport.port(trigger, schema=TABLES, unsafe=True)
    (finding,) = [finding for finding in ported.findings if finding.code == "TRG001"]
    assert (finding.applied, ported.sql) == (False, trigger)


@pytest.mark.parametrize("trigger", TRIGGERS)
def test_a_trigger_stays_without_leave(trigger: str) -> None:
    ported = sqlport.port(trigger, schema=TABLES)
    (finding,) = [finding for finding in ported.findings if finding.code == "TRG001"]
    assert finding.fix is not None
    assert finding.fix.condition
    assert "$$" not in ported.sql


def test_triggers_that_fire_each_other_come_to_an_end(connection: psycopg.Connection[Any]) -> None:
    script = """
    CREATE TRIGGER "to total" AFTER UPDATE ON item BEGIN UPDATE total SET n = n + 1; END;
    CREATE TRIGGER to_item AFTER UPDATE ON total WHEN NEW.n < 1000 BEGIN UPDATE item SET stock = stock + 1; END;
    """
    schema = f"{TABLES}\n{script}"
    triggers = sqlport.port(script, schema=schema, unsafe=True)
    assert triggers.sql.count("set_config") == 4
    work = "UPDATE item SET name = 'n' WHERE id = 1; UPDATE total SET n = n + 10"
    before = on_sqlite(TABLES, f"{script}\n{work}")
    assert before.error == ""
    assert on_postgres(connection, TABLES, f"{triggers.sql}\n{work}", None) == before


def test_triggers_in_a_row_need_no_guard() -> None:
    script = """
    CREATE TRIGGER a AFTER UPDATE ON item BEGIN UPDATE total SET n = n + 1; END;
    CREATE TRIGGER b AFTER UPDATE OF name ON total BEGIN UPDATE item SET stock = 1; END;
    CREATE TRIGGER c AFTER UPDATE ON total BEGIN INSERT INTO log (what) VALUES ('x'); END;
    """
    assert "set_config" not in sqlport.port(script, schema=f"{TABLES}\n{script}", unsafe=True).sql


def test_a_raised_error_is_that_of_a_constraint(server: Server) -> None:
    trigger = "CREATE TRIGGER t BEFORE DELETE ON item BEGIN SELECT RAISE(ABORT, 'it''s 100%'); END"
    with server.database() as name, server.connect(name) as connection:
        for text in (TABLES, trigger):
            connection.execute(sqlport.port(text, schema=TABLES, unsafe=True, driver="none").sql.encode())
        with pytest.raises(psycopg.IntegrityError, match="it's 100%"):
            connection.execute("DELETE FROM item")


def test_a_script_with_a_trigger_is_fixed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "schema.sql"
    file.write_text(f"{TABLES.partition('INSERT')[0]}{TRIGGERS[0]};\nDROP TRIGGER t;\n")
    report = sqlport.fix(["schema.sql"], Config(), write=True, unsafe=True)
    assert report.written == ("schema.sql",), [str(finding.message) for finding in report.findings]
    text = file.read_text()
    assert "EXECUTE FUNCTION t_fn();\nDROP TRIGGER t ON item;" in text
    assert sqlport.fix(["schema.sql"], Config(), write=True, unsafe=True).written == ()
    assert file.read_text() == text
