"""The pipeline from files to files: what is written, what is only shown, and why."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sqlport import project
from sqlport.config import Config
from sqlport.model import SqlportError
from sqlport.results import Report

SCHEMA = 'db.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, nick TEXT)")\n'
HEAD = "import sqlite3\ndb = sqlite3.connect('x')\n" + SCHEMA


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    yield tmp_path


def put(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def fix(*, write: bool = False, write_unverified: bool = False) -> Report:
    config = Config(root=Path.cwd(), select=("FNC001",))
    return project.fix(["."], config, write=write, write_unverified=write_unverified)


def test_the_values_of_the_named_database_decide_as_they_do_for_its_schema() -> None:
    with closing(sqlite3.connect("app.db")) as connection:
        connection.executescript(
            "CREATE TABLE seen (id INTEGER PRIMARY KEY, at DATETIME, kind); INSERT INTO seen VALUES (1, 1700000000, 5)"
        )
    put("app.py", "import sqlite3\nsqlite3.connect('x').execute('SELECT id FROM seen WHERE at = kind AND at > 5')\n")
    without = Config(root=Path.cwd(), schema=(put("s.sql", "CREATE TABLE seen (id INTEGER, at DATETIME, kind)"),))
    named = Config(root=Path.cwd(), sqlite=Path("app.db"))
    chosen = Config(root=Path.cwd(), sqlite=Path("app.db"), types={"seen.at": "text"})
    for config, codes in ((without, {"TYP001"}), (named, set()), (chosen, {"TYP001"})):
        found = project.check(["app.py"], config).findings
        assert {one.code for one in found} & {"TYP001"} == codes
    assert [verdict.kind for verdict in project.verify(["app.py"], named).verdicts.values()] == ["verified"]


def reasons(report: Report) -> list[str]:
    return [finding.fix.reason for finding in report.findings if finding.fix]


def test_a_verified_port_is_written_and_the_rest_of_the_file_keeps_every_byte() -> None:
    path = put("app.py", HEAD + "# é\r\ndb.execute('SELECT ifnull(nick, name) FROM users')  # why\r\n")
    before = path.read_bytes()
    report = fix(write=True)
    assert path.read_bytes() == before.replace(b"ifnull", b"coalesce")
    assert report.written == ("app.py",)
    assert report.exit_code == 0


def test_without_write_nothing_is_touched_and_the_diff_is_there() -> None:
    path = put("app.py", HEAD + "db.execute('SELECT ifnull(nick, name) FROM users')\n")
    before = path.read_bytes()
    report = fix()
    assert path.read_bytes() == before
    assert report.diffs["app.py"][1] == before.decode().replace("ifnull", "coalesce")
    assert report.exit_code == 1


def test_a_second_run_finds_nothing_to_do() -> None:
    put("app.py", HEAD + "db.execute('SELECT ifnull(nick, ifnull(name, 1)) FROM users')\n")
    put("more.sql", "SELECT ifnull(nick, name) FROM users;\n")
    fix(write=True, write_unverified=True)
    assert fix().diffs == {}


def test_what_postgresql_rejects_is_not_written_and_said_with_sqlstate_and_place() -> None:
    path = put("app.py", HEAD + "db.execute(\"SELECT ifnull(id, 'none') FROM users\")\n")
    before = path.read_bytes()
    report = fix(write=True)
    assert path.read_bytes() == before
    (finding,) = [finding for finding in report.findings if finding.code == "SQP004"]
    assert "22P02" in finding.message
    assert finding.place is not None
    assert path.read_text().splitlines()[3][finding.place.column - 1 :].startswith("'none'")
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("db.execute('SELECT ifnull(a, b) FROM unheard_of')\n", "no-schema"),
        ("def f(table): db.execute(f'SELECT ifnull(a, b) FROM {table}')\n", "hole"),
    ],
)
def test_what_could_not_be_asked_is_shown_with_its_reason_and_written_on_request(text: str, reason: str) -> None:
    path = put("app.py", HEAD + text)
    before = path.read_text()
    report = fix(write=True)
    assert path.read_text() == before
    assert [found.split(":")[0] for found in reasons(report)] == [reason]
    fix(write=True, write_unverified=True)
    assert path.read_text() == before.replace("ifnull", "coalesce")


def test_a_value_hole_is_asked_as_a_parameter() -> None:
    path = put("app.py", HEAD + "def f(x): db.execute(f'SELECT ifnull(nick, name) FROM users WHERE id = {x}')\n")
    fix(write=True)
    assert "coalesce" in path.read_text()


def test_a_constant_of_another_module_is_edited_where_it_is_written() -> None:
    constant = put("pkg/queries.py", "NAMES = 'SELECT ifnull(nick, name) FROM users'\n")
    put("pkg/__init__.py", "")
    user = put("pkg/app.py", HEAD + "from pkg.queries import NAMES\ndb.execute(NAMES)\ndb.execute(NAMES)\n")
    before = user.read_text()
    fix(write=True)
    assert "coalesce" in constant.read_text()
    assert user.read_text() == before


def test_a_text_that_two_statements_need_otherwise_is_not_edited() -> None:
    source = HEAD + (
        "COLUMN = 'ifnull('\n"
        "db.execute('SELECT ' + COLUMN + 'nick, name) FROM users')\n"
        "db.execute('SELECT ' + COLUMN + '1) FROM users')\n"
    )
    path = put("app.py", source)
    report = fix(write=True, write_unverified=True)
    assert path.read_text() == source
    assert "SQP006" in [finding.code for finding in report.findings]


def test_what_a_comment_takes_out_is_not_fixed_either() -> None:
    path = put("app.py", HEAD + "db.execute('SELECT ifnull(nick, 1) FROM users')  # sqlport: ignore[FNC001] -- ours\n")
    before = path.read_text()
    report = fix(write=True)
    assert path.read_text() == before
    assert report.findings == ()
    assert report.exit_code == 0


def test_a_comment_that_takes_out_nothing_is_reported() -> None:
    put("app.py", HEAD + "db.execute('SELECT 1 FROM users')  # sqlport: ignore[FNC001] -- ours\n")
    assert [finding.code for finding in fix().findings] == ["SQP005"]


def test_tables_of_a_test_file_do_not_hide_those_of_the_project() -> None:
    put("app.py", HEAD + "db.execute('SELECT ifnull(nick, name) FROM users')\n")
    put(
        "tests/test_x.py",
        "import sqlite3\ndb = sqlite3.connect('x')\n"
        "db.execute('CREATE TABLE users (other TEXT)')\ndb.execute('SELECT ifnull(other, 1) FROM users')\n",
    )
    report = project.verify(["."], Config(root=Path.cwd(), select=("FNC001",)))
    verdicts = {report.verdicts[statement.id].kind for statement in report.statements}
    assert verdicts <= {"verified", "rejected"}  # ifnull(text, 1) is a type error; nothing lacks its table


def test_a_schema_folder_without_scripts_is_an_error_and_says_what_is_wanted() -> None:
    put("app.py", HEAD + "db.execute('SELECT 1')\n")
    Path("migrations").mkdir()
    with pytest.raises(SqlportError, match=r"migrations: there is no `\.sql` file"):
        project.check(["app.py"], Config(root=Path.cwd(), schema=(Path("migrations"),)))


def test_words_that_a_constant_holds_for_others_too_are_not_written_into_it() -> None:
    before = (
        'COL, TABLE, MODE = "nick", "users", "WAL"\n'
        'db.execute(f"SELECT id FROM {TABLE} ORDER BY {COL}")\n'
        'db.execute(f"SELECT id FROM users ORDER BY {COL} LIMIT 5")\n'
        'db.execute("SELECT id FROM users ORDER BY {} LIMIT 3".format(COL))\n'
        'db.execute("SELECT id FROM users ORDER BY " + COL)\n'
        'db.execute("SELECT id FROM users ORDER BY "\n           "nick")\n'
        'db.execute(f"PRAGMA journal_mode = {MODE}")\n'
    )
    put("app.py", HEAD + before)
    report = project.fix(["app.py"], unsafe=True, config=Config(root=Path.cwd(), select=("ORD001", "PRG")))
    text = report.diffs["app.py"][1]
    assert 'COL, TABLE, MODE = "nick", "users", "WAL"\n' in text
    assert '{TABLE} ORDER BY {COL} NULLS FIRST"' in text
    assert 'ORDER BY {COL} NULLS FIRST LIMIT 5"' in text
    assert 'ORDER BY {} NULLS FIRST LIMIT 3"' in text
    assert 'ORDER BY " + COL)' in text
    assert '"nick NULLS FIRST")' in text
    assert '= {MODE}: PostgreSQL always has a write-ahead log */")' in text


def test_words_of_a_list_that_is_joined_elsewhere_are_part_of_its_text() -> None:
    before = (
        "\n\ndef run(lines):\n    if isinstance(lines, list):\n        lines = ' '.join(lines)\n"
        "    db.execute(lines)\n\n\n"
        "run([\n    'CREATE TRIGGER IF NOT EXISTS gone',\n    'AFTER DELETE ON users',\n    'BEGIN',\n"
        "    'DELETE FROM users WHERE nick IS NULL;',\n    'END',\n])\n"
    )
    put("app.py", HEAD + before)
    report = project.fix(["app.py"], unsafe=True, config=Config(root=Path.cwd(), select=("TRG001",)))
    assert "CREATE OR REPLACE TRIGGER gone AFTER DELETE ON users" in report.diffs["app.py"][1]


def test_times_stay_objects_where_sqlite3_made_objects_of_them_before() -> None:
    put("pyproject.toml", '[tool.sqlport.types]\ntimestamp = "timestamp"\n')
    schema = "db.execute('CREATE TABLE post (id INTEGER PRIMARY KEY, at TIMESTAMP)')\n"
    query = schema + "db.execute('SELECT at FROM post')\n"
    types = {"timestamp": "timestamp"}
    put("plain.py", HEAD + query)
    put("converting.py", f"{HEAD}db = sqlite3.connect('x', detect_types=sqlite3.PARSE_DECLTYPES)\n{query}")
    found = [
        [finding.code for finding in project.check([file], Config(root=Path.cwd(), types=types)).findings]
        for file in ("plain.py", "converting.py")
    ]
    assert ["DTF010" in codes for codes in found] == [True, False]
    assert "DRV002" in found[1]


def test_the_ledger_answers_without_a_server_until_something_changes() -> None:
    path = put("app.py", HEAD + "db.execute('SELECT ifnull(nick, name) FROM users')\n")
    config = Config(root=Path.cwd(), select=("FNC001",))
    assert project.verify(["."], config).verdict_exit_code() == 0
    nowhere = config.override(postgres="postgresql://nobody@127.0.0.1:1/none")
    locked = project.verify(["."], nowhere, locked=True)
    assert {verdict.kind for verdict in locked.verdicts.values()} == {"verified"}
    path.write_text(path.read_text().replace("SELECT", "SELECT 1,"))
    stale = project.verify(["."], nowhere, locked=True)
    assert stale.verdict_exit_code() == 1
    assert "stale" in {verdict.reason for verdict in stale.verdicts.values()}


def test_no_server_is_an_error_where_one_is_needed_and_a_reason_where_it_is_not() -> None:
    put("app.py", HEAD + "db.execute('SELECT ifnull(nick, name) FROM users')\n")
    config = Config(root=Path.cwd(), select=("FNC001",), postgres="postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(SqlportError, match=r"127\.0\.0\.1"):
        project.fix(["."], config)
    report = project.fix(["."], config, write=True, write_unverified=True)
    assert report.written == ("app.py",)
    assert {verdict.reason for verdict in report.verdicts.values()} == {"no-server"}


def test_check_needs_no_server_and_sees_everything() -> None:
    put("app.py", HEAD + "db.execute('SELECT ifnull(nick, name) FROM users')\n")
    config = Config(root=Path.cwd(), postgres="postgresql://nobody@127.0.0.1:1/none")
    report = project.check(["."], config)
    assert "FNC001" in [finding.code for finding in report.findings]
    assert report.coverage.sinks == 2


def test_a_file_that_is_given_instead_of_one_on_disk() -> None:
    config = Config(select=("FNC001",))
    report = project.check(["x.py"], config, stdin=("x.py", (HEAD + "db.execute('SELECT ifnull(1, 2)')\n").encode()))
    assert [finding.place.line for finding in report.findings if finding.place] == [4]


def test_statements_that_are_postgresqls_already_are_only_verified() -> None:
    path = put("app.py", "import psycopg\ndb = psycopg.connect('')\ndb.execute('SELECT ifnull(%s, 1)', (1,))\n")
    before = path.read_text()
    report = fix(write=True, write_unverified=True)
    assert path.read_text() == before
    assert [finding.code for finding in report.findings] == ["SQP004"]


def test_native_profile_changes_the_tables_that_statements_are_judged_with() -> None:
    put("app.py", HEAD.replace("nick TEXT", "seen BOOLEAN") + "db.execute('SELECT 1 FROM users WHERE seen = 1')\n")
    native = project.verify(["."], Config(root=Path.cwd(), select=("FNC001",), profile="native"))
    faithful = project.verify(["."], Config(root=Path.cwd(), select=("FNC001",)))
    query = next(statement.id for statement in native.statements if statement.sql.startswith("SELECT"))
    assert native.verdicts[query].sqlstate == "42883"
    assert faithful.verdicts[query].kind == "verified"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT sum(id) FROM users", "sum is numeric (Decimal in Python)"),
        ("SELECT id = 1 AS first FROM users", "first is boolean (bool in Python)"),
        ("SELECT id, name, count(*) FROM users GROUP BY 1, 2", ""),
        ("SELECT * FROM users", ""),
        ("SELECT max(id), min(name), count(*) FROM users", ""),
    ],
)
def test_a_result_of_another_python_type_is_said_with_the_verdict(query: str, said: str) -> None:
    put("app.py", HEAD + f"db.execute('{query}')\n")
    report = project.verify(["."], Config(root=Path.cwd(), select=("FNC001",)))
    verdict = report.verdicts[report.statements[-1].id]
    assert verdict.kind == "verified"
    assert verdict.message.startswith(said)
    assert bool(verdict.message) is bool(said)


def test_extract_says_what_stands_for_holes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["def f(c, a, b, w):", """    c.execute(f"SELECT {a}, '{b}' FROM t {w}")"""]
    lines.append("    c.execute(f'SELECT FROM {a} {b} WHERE WHERE')")
    Path("app.py").write_text("\n".join(lines))
    first, second = project.extract(["."], Config(root=tmp_path)).statements
    assert first.stand_ins == ("a name", "its own text", "nothing")
    assert set(second.stand_ins) == {"unreadable"}


def test_statements_that_share_a_text_are_ported_alike_where_one_of_them_could_do_with_less() -> None:
    branches = (
        "def users(nick):\n"
        "    query = 'SELECT name FROM users WHERE 1'\n"
        "    if nick is not None:\n"
        "        query += ' AND nick = ?'\n"
        "    query += ' ORDER BY nick, name'\n"
        "    return db.execute(query, [nick] if nick is not None else [])\n"
    )
    path = put("app.py", HEAD + branches)
    report = project.fix(["."], Config(root=Path.cwd()), write=True)
    assert "SQP006" not in {finding.code for finding in report.findings}
    written = path.read_text()
    assert "SELECT name FROM users WHERE true'" in written
    assert "' ORDER BY nick NULLS FIRST, name'" in written


def test_a_list_of_placeholders_stands_for_as_many_values_as_columns_are_named() -> None:
    keys = "KEYS = ['name', 'nick', 'id']\n"
    put(
        "app.py",
        HEAD + keys + 'db.execute(f\'INSERT INTO users ({",".join(KEYS)}) VALUES ({",".join("?" * len(KEYS))})\', x)\n',
    )
    put("b.py", HEAD + "db.execute('INSERT INTO users (name, nick) VALUES (upper(?), ' + ','.join('?' * n) + ')', x)\n")
    report = project.verify(["."], Config(root=Path.cwd()))
    assert {verdict.kind for verdict in report.verdicts.values()} == {"verified"}
    assert len(report.verdicts) == 4
