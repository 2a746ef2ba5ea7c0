"""A planted defect in the ported schema is named by `schema diff`, and nothing else is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from sqlport.config import Config
from sqlport.engines.server import Server
from sqlport.rulebook import load
from sqlport.schema import PortedSchema, Source, port_schema, read_source, up_sql
from sqlport.schema.drift import drift, on_server

SCHEMA = """
CREATE TABLE child (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    pid INTEGER NOT NULL REFERENCES parent(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    code TEXT REFERENCES kind(code), -- unique by an index only
    name TEXT COLLATE NOCASE UNIQUE,
    "Order" TEXT DEFAULT 'x',
    CHECK (length(name) < 10)
);
CREATE TABLE parent (
    id INTEGER PRIMARY KEY,
    nm TEXT,
    best INTEGER REFERENCES child(id) ON UPDATE SET NULL,
    made DATETIME DEFAULT CURRENT_TIMESTAMP,
    price REAL,
    ok BOOLEAN NOT NULL DEFAULT 1 CHECK (ok IN (0, 1))
);
CREATE TABLE kind (code TEXT NOT NULL, dbl TEXT AS (code || '!') STORED, UNIQUE (code, dbl));
CREATE TABLE pair (a TEXT NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE UNIQUE INDEX kind_code ON kind(code);
CREATE INDEX parent_ix ON parent (nm DESC, lower(nm)) WHERE ok;
CREATE INDEX parent_price ON parent (price, nm);
CREATE VIEW named AS SELECT c.id, c.name, p.nm FROM child c JOIN parent p ON p.id = c.pid WHERE p.ok;
CREATE TRIGGER touched AFTER UPDATE ON parent BEGIN UPDATE parent SET made = datetime('now') WHERE id = NEW.id; END;
INSERT INTO parent (id, nm) VALUES (41, 'x');
"""

DEFECTS = [
    ("DROP TABLE pair", "missing table pair"),
    ("CREATE TABLE more (a bigint)", "extra table more"),
    ("ALTER TABLE parent DROP COLUMN made", "missing column parent.made: text"),
    ("ALTER TABLE parent ADD COLUMN more text", "extra column parent.more: text"),
    ("ALTER TABLE parent ALTER made TYPE varchar(20)", "different type parent.made"),
    ("ALTER TABLE parent ALTER price TYPE real", "different type parent.price: expected double precision, found real"),
    ("ALTER TABLE pair ALTER b TYPE integer", "different type pair.b"),
    ('ALTER TABLE pair ALTER a TYPE text COLLATE "ucs_basic"', "different collation pair.a: expected C"),
    ("ALTER TABLE child ALTER pid DROP NOT NULL", "different nullability child.pid: expected not null, found null"),
    ("ALTER TABLE parent ALTER best SET NOT NULL", "different nullability parent.best"),
    ('ALTER TABLE child ALTER "order" DROP DEFAULT', "different default child.order: expected 'x'::text, found none"),
    ("ALTER TABLE child ALTER \"order\" SET DEFAULT 'y'", "different default child.order"),
    ("ALTER TABLE parent ALTER nm SET DEFAULT ''", "different default parent.nm: expected none"),
    ("ALTER TABLE child ALTER id DROP IDENTITY", "different identity child.id: expected identity, found no identity"),
    ("ALTER TABLE pair DROP CONSTRAINT pair_pkey", "different primary key pair: expected (a, b), found ()"),
    ("ALTER TABLE child DROP CONSTRAINT child_name_key", "missing unique child (name)"),
    ("ALTER TABLE parent ADD UNIQUE (nm)", "extra unique parent (nm)"),
    ("ALTER TABLE parent DROP CONSTRAINT parent_best_fkey", "missing foreign key parent: (best) to child (id)"),
    ("ALTER TABLE pair ADD FOREIGN KEY (a) REFERENCES kind (code)", "extra foreign key pair: (a) to kind (code)"),
    ("ALTER TABLE child ALTER CONSTRAINT child_pid_fkey NOT DEFERRABLE", "different foreign key child"),
    ("ALTER TABLE child DROP CONSTRAINT child_name_check", "missing check child"),
    ("ALTER TABLE pair ADD CHECK (b > 0)", "extra check pair: (b > 0)"),
    ("DROP INDEX parent_price", "missing index parent.parent_price: (price, nm)"),
    ("CREATE INDEX more ON parent (nm)", "extra index parent.more: (nm)"),
    ("ALTER TABLE kind ALTER dbl DROP EXPRESSION", "different generated column kind.dbl"),
    ("DROP VIEW named", "missing view named"),
    ("CREATE VIEW more AS SELECT 1 AS a", "extra view more"),
    ("DROP TRIGGER touched ON parent", "missing trigger parent.touched: after update"),
    ("SELECT setval('parent_id_seq', 7)", "different next value parent: expected above 41, found above 7"),
]
REMADE = [
    (
        "ALTER TABLE parent DROP CONSTRAINT parent_best_fkey",
        "ALTER TABLE parent ADD FOREIGN KEY (best) REFERENCES child (id)",
        "different foreign key parent: expected (best) to child (id) on update set null, found (best) to child (id)",
    ),
    ("DROP INDEX parent_price", "CREATE INDEX parent_price ON parent (nm, price)", "different index parent"),
    ("DROP INDEX parent_price", "CREATE INDEX parent_price ON parent (price DESC, nm)", "different index parent"),
    ("DROP INDEX parent_price", "CREATE UNIQUE INDEX parent_price ON parent (price, nm)", "different index parent"),
    ("DROP INDEX parent_ix", "CREATE INDEX parent_ix ON parent (nm DESC, lower(nm))", "different index parent"),
    (
        "DROP INDEX parent_ix",
        "CREATE INDEX parent_ix ON parent (nm DESC, upper(nm)) WHERE ok <> 0",
        "different index p",
    ),
    ("DROP VIEW named", "CREATE VIEW named AS SELECT c.id, c.name, p.nm FROM child c, parent p", "different view n"),
    ("DROP VIEW named", "CREATE VIEW named AS SELECT c.id FROM child c", "different view columns named"),
    (
        "ALTER TABLE child DROP CONSTRAINT child_name_check",
        "ALTER TABLE child ADD CHECK (length(name) < 11)",
        "different check child",
    ),
    (
        "DROP TRIGGER touched ON parent",
        "CREATE TRIGGER touched BEFORE UPDATE ON parent FOR EACH ROW EXECUTE FUNCTION touched_fn()",
        "different trigger parent.touched: expected after update, found before update",
    ),
]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    file = tmp_path_factory.mktemp("schema") / "app.db"
    connection = sqlite3.connect(file)
    connection.executescript(SCHEMA)
    connection.close()
    return read_source(file, Config())


@pytest.fixture(scope="module")
def ported(source: Source) -> PortedSchema:
    return port_schema(source, Config().target, load())


@pytest.fixture
def target(server: Server, ported: PortedSchema) -> Iterator[str]:
    with server.database() as name:
        with server.connect(name) as connection:
            connection.execute(up_sql(ported).encode())
        yield server.database_url(name)


def spoiled(server: Server, target: str, *statements: str) -> None:
    from sqlport.engines.server import connect

    with connect(target) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def test_the_port_itself_has_no_drift(source: Source, ported: PortedSchema, server: Server, target: str) -> None:
    found = drift(source, ported, target, server)
    assert (found.differences, found.known) == ((), ())


@pytest.mark.parametrize(("defect", "named"), DEFECTS, ids=[defect for defect, _ in DEFECTS])
def test_a_defect_is_named_and_nothing_else(
    source: Source, ported: PortedSchema, server: Server, target: str, defect: str, named: str
) -> None:
    spoiled(server, target, defect)
    found = [str(each) for each in drift(source, ported, target, server).differences]
    assert len(found) == 1, found
    assert found[0].startswith(named)


@pytest.mark.parametrize(("removed", "made", "named"), REMADE, ids=[made for _, made, _ in REMADE])
def test_what_was_made_otherwise_is_named(
    source: Source, ported: PortedSchema, server: Server, target: str, removed: str, made: str, named: str
) -> None:
    spoiled(server, target, removed, made)
    found = [str(each) for each in drift(source, ported, target, server).differences]
    assert len(found) == 1, found
    assert found[0].startswith(named)


def test_a_unique_index_stands_in_for_a_constraint(
    source: Source, ported: PortedSchema, server: Server, target: str
) -> None:
    spoiled(
        server,
        target,
        "ALTER TABLE child DROP CONSTRAINT child_name_key",
        "CREATE UNIQUE INDEX child_name_key ON child (name)",
    )
    assert drift(source, ported, target, server).differences == ()


def test_nothing_is_written_to_the_target(source: Source, ported: PortedSchema, server: Server, target: str) -> None:
    _, before = on_server(ported, server)
    drift(source, ported, target, server)
    from sqlport.engines.server import connect
    from sqlport.schema.from_postgres import read_postgres

    with connect(target) as connection:
        assert read_postgres(connection) == before


def test_the_file_is_not_written(source: Source, ported: PortedSchema) -> None:
    assert source.path is not None
    before = source.path.read_bytes()
    read_source(Path(source.path), Config())
    assert source.path.read_bytes() == before
    assert sorted(each.name for each in source.path.parent.iterdir()) == ["app.db"]
