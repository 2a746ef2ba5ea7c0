"""Values that do not fit: each kind is named with its count before, and goes by its policy, never by accident."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlport.data.coerce import RULES
from sqlport.data.policy import KINDS
from tests.data.conftest import Ask, Data, Make

TARGET = """
DROP TYPE IF EXISTS mood; CREATE TYPE mood AS ENUM ('ok', 'sad');
CREATE TABLE t (
    n bigint, i4 integer, i2 smallint, f double precision, f4 real, s text, v varchar(3), ch char(4), b bytea,
    ok boolean, d date, ts timestamp, tz timestamptz, tm time, num numeric, dec numeric(5, 2), u uuid, j json, jb jsonb,
    en mood, iv interval, ip inet, must text NOT NULL
)
"""
# A column without a type keeps what it is given.
COLUMNS = "n, i4, i2, f, f4, s, v, ch, b, ok, d, ts, tz, tm, num, dec, u, j, jb, en, iv, ip"
SOURCE = f"CREATE TABLE t ({COLUMNS}, must DEFAULT 'x')"

CASES = [
    ("n", "'abc'", "text-in-integer", "cast", 0),
    ("n", "'12abc'", "text-in-integer", "cast", 12),
    ("n", "' 12 '", "text-in-integer", "number", 12),
    ("n", "'12abc'", "text-in-integer", "number", None),
    ("n", "''", "empty-in-integer", "empty-null", "NULL"),
    ("n", "1.5", "real-in-integer", "round", 2),
    ("n", "-1.5", "real-in-integer", "truncate", -1),
    ("n", "1e20", "real-in-integer", "round+clamp", 2**63 - 1),
    ("n", "9e999", "real-in-integer", "round", None),
    ("n", "x'31'", "blob-in-integer", "number", 1),
    ("i4", "2147483648", "integer-too-large", "clamp", 2147483647),
    ("i2", "-40000", "integer-too-large", "clamp", -32768),
    ("f", "'x'", "text-in-real", "null", "NULL"),
    ("f", "''", "empty-in-real", "empty-null", "NULL"),
    ("f", "x'00'", "blob-in-real", "null", "NULL"),
    ("f", "9007199254740993", "integer-in-real", "real", 9007199254740992.0),
    ("f4", "0.1", "real-too-precise", "null", "NULL"),
    ("f4", "1e300", "real-too-precise", "null", "NULL"),
    ("s", "1", "integer-in-text", "text", "1"),
    ("s", "1.5", "real-in-text", "text", "1.5"),
    ("s", "x'6162'", "blob-in-text", "text", "ab"),
    ("s", "x'ff00'", "blob-in-text", "text+hex", "ff00"),
    ("s", "CAST(x'610062' AS TEXT)", "nul-in-text", "strip-nul", "ab"),
    ("s", "CAST(x'610062' AS TEXT)", "nul-in-text", "cut-nul", "a"),
    ("s", "CAST(x'61e9' AS TEXT)", "invalid-utf8", "latin1", "aé"),
    ("s", "CAST(x'6180' AS TEXT)", "invalid-utf8", "cp1252", "a€"),
    ("s", "CAST(x'61ff' AS TEXT)", "invalid-utf8", "utf8", "a\ufffd"),
    ("v", "'éééé'", "too-long", "cut", "ééé"),
    ("iv", "5400000000", "integer-in-interval", "microseconds", "01:30:00"),
    ("iv", "-1", "integer-in-interval", "seconds", "-1 days +23:59:59"),
    ("iv", "1.5", "real-in-interval", "julian", "1 day 12:00:00"),
    ("iv", "'soon'", "text-in-interval", "null", "NULL"),
    ("iv", "''", "empty-in-interval", "empty-null", "NULL"),
    ("iv", "x'00'", "blob-in-interval", "null", "NULL"),
    ("ip", "'10.0.0.256'", "text-in-inet", "null", "NULL"),
    ("ip", "' ::1 '", "text-in-inet", "strip", "::1/128"),
    ("ip", "''", "empty-in-inet", "empty-null", "NULL"),
    ("ip", "1", "integer-in-inet", "null", "NULL"),
    ("ip", "1.5", "real-in-inet", "null", "NULL"),
    ("ip", "x'00'", "blob-in-inet", "null", "NULL"),
    ("en", "'OK'", "not-in-enum", "null", "NULL"),
    ("en", "' ok '", "not-in-enum", "strip", "ok"),
    ("ch", "'a '", "blanks-at-end", "strip", "a"),
    ("b", "'text'", "text-in-blob", "bytes", b"text"),
    ("b", "''", "empty-in-blob", "bytes", b""),
    ("b", "12", "integer-in-blob", "bytes", b"12"),
    ("b", "1.5", "real-in-blob", "bytes", b"1.5"),
    ("ok", "'t'", "text-in-boolean", "boolean", True),
    ("ok", "'No'", "text-in-boolean", "boolean", False),
    ("ok", "'maybe'", "text-in-boolean", "boolean", None),
    ("ok", "2", "integer-in-boolean", "nonzero", True),
    ("ok", "''", "empty-in-boolean", "empty-null", "NULL"),
    ("ok", "0.0", "real-in-boolean", "nonzero", False),
    ("ok", "x'74'", "blob-in-boolean", "boolean", True),
    ("d", "'2024-02-30'", "text-in-date", "null", "NULL"),
    ("d", "'2024/2/3'", "text-in-date", "date", "2024-02-03"),
    ("d", "'2024-02-03 00:00:00'", "text-in-date", "date", "2024-02-03"),
    ("d", "1704164645", "integer-in-date", "seconds", "2024-01-02"),
    ("d", "''", "empty-in-date", "empty-null", "NULL"),
    ("d", "x'00'", "blob-in-date", "null", "NULL"),
    ("ts", "'2024-01-02T03:04:05Z'", "text-in-date", "date", "2024-01-02 03:04:05"),
    ("ts", "1704164645", "integer-in-date", "seconds", "2024-01-02 03:04:05"),
    ("ts", "1704164645123", "integer-in-date", "milliseconds", "2024-01-02 03:04:05.123"),
    ("ts", "2460311.625", "real-in-date", "julian", "2024-01-02 03:00:00"),
    ("ts", "1e300", "real-in-date", "seconds", None),
    ("tz", "'2024-1-2 3:04z'", "text-in-date", "date", "2024-01-02 03:04:00+00"),
    ("tm", "'25:00'", "text-in-time", "null", "NULL"),
    ("tm", "''", "empty-in-time", "empty-null", "NULL"),
    ("tm", "5", "integer-in-time", "null", "NULL"),
    ("tm", "0.5", "real-in-time", "null", "NULL"),
    ("tm", "x'00'", "blob-in-time", "null", "NULL"),
    ("num", "'1e3'", "text-in-numeric", "number", "1000"),
    ("num", "''", "empty-in-numeric", "empty-null", "NULL"),
    ("num", "x'00'", "blob-in-numeric", "null", "NULL"),
    ("dec", "1.005", "too-many-decimals", "round", "1.00"),
    ("dec", "1000", "number-too-large", "null", "NULL"),
    ("u", "'no'", "text-in-uuid", "null", "NULL"),
    ("u", "''", "empty-in-uuid", "empty-null", "NULL"),
    ("u", "1", "integer-in-uuid", "null", "NULL"),
    ("u", "1.5", "real-in-uuid", "null", "NULL"),
    ("u", "x'0123456789abcdef0123456789abcdef'", "blob-in-uuid", "hex", "01234567-89ab-cdef-0123-456789abcdef"),
    ("j", "'{'", "text-in-json", "null", "NULL"),
    ("j", "'NaN'", "text-in-json", "null", "NULL"),
    ("jb", "''", "empty-in-json", "empty-null", "NULL"),
    ("jb", "1", "integer-in-json", "text", "1"),
    ("jb", "1.5", "real-in-json", "text", "1.5"),
    ("jb", "x'7b7d'", "blob-in-json", "text", "{}"),
]
FITS = """
INSERT INTO t (n, i4, i2, f, f4, s, v, ch, b, ok, d, ts, tz, tm, num, dec, u, j, jb, en, iv, ip) VALUES
    (1, 2147483647, -32768, 1, 0.5, '', 'ééé', ' é', x'', 1, '2024-02-29', '2024-01-02', '2024-01-02 03:04:05+02:00',
     '23:59', 12345678901234567, 999.99, '01234567-89AB-CDEF-0123-456789ABCDEF', '{"a": 1}',
     '{"b":[1,2.50e0], "a":1, "a":2}', 'sad', '-3 days 04:05:06.7', '10.1.2.3/8'),
    (-9223372036854775808, 0, 0, 9e999, -0.0, 'x', '', '', x'ff', 0, NULL, '0001-01-01 00:00:00.000001',
     '2024-01-02T03:04Z', '00:00:00.5', -1e-9, -1, NULL, '1', 'null', NULL, '123:00', '2001:db8::1');
"""


def _dirty(file: Path) -> dict[tuple[str, str], int]:
    """A file with every case twice, and how many there are of each kind in each column."""
    counts: dict[tuple[str, str], int] = {}
    seen = set()
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(SOURCE + ";" + FITS)
        for column, value, kind, *_ in CASES:
            if (column, value) not in seen:
                seen.add((column, value))
                connection.execute(f"INSERT INTO t ({column}) VALUES ({value}), ({value})")
                counts[column, kind] = counts.get((column, kind), 0) + 2
        connection.commit()
    return counts


def test_the_dry_run_names_every_kind_with_its_count(data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    ask(TARGET)
    counts = _dirty(tmp_path / "dirty.db")
    result = data("check", tmp_path / "dirty.db", url, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert {(each["column"], each["kind"]): each["fails"] for each in found["found"]} == counts
    assert all(each["examples"] for each in found["found"])
    text = data("check", tmp_path / "dirty.db", url).stdout
    assert (
        "t.d: 2 integer-in-date (an integer in a column of dates: seconds, milliseconds or Julian days?): 2 fail"
        in text
    )
    assert "for example --policy t.d=coerce:seconds, or =reject" in text
    assert ask("SELECT count(*) FROM t") == [(0,)]


def test_what_fits_is_no_misfit_and_comes_back_equal(make: Make, data: Data, ask: Ask, url: str) -> None:
    ask(TARGET)
    file = make(SOURCE + ";" + FITS)
    assert data("check", file, url).exit_code == 0
    assert data("copy", file, url).exit_code == 0
    assert ask("SELECT n, f, f4::text, b, ok, d::text, ts::text, tz AT TIME ZONE 'UTC' = ts FROM t ORDER BY n") == [
        (-(2**63), float("inf"), "-0", b"\xff", False, None, "0001-01-01 00:00:00.000001", False),
        (1, 1.0, "0.5", b"", True, "2024-02-29", "2024-01-02 00:00:00", False),
    ]
    assert ask("SELECT iv::text, ip::text, host(ip) FROM t ORDER BY n") == [
        ("123:00:00", "2001:db8::1/128", "2001:db8::1"),
        ("-3 days +04:05:06.7", "10.1.2.3/8", "10.1.2.3"),
    ]
    assert ask("SELECT tm::text, num::text, dec::text, u::text, j::text, jb::text FROM t ORDER BY n") == [
        ("00:00:00.5", "-0.000000001", "-1.00", None, "1", "null"),
        (
            "23:59:00",
            "12345678901234567",
            "999.99",
            "01234567-89ab-cdef-0123-456789abcdef",
            '{"a": 1}',
            '{"a": 2, "b": [1, 2.50]}',
        ),
    ]


def test_rejected_rows_are_written_down_and_the_others_arrive(data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    ask(TARGET)
    counts = _dirty(tmp_path / "dirty.db")
    result = data("copy", tmp_path / "dirty.db", url, "--on-misfit", "reject", "--rejects", "out.jsonl")
    assert result.exit_code == 1, result.output
    rejects = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(rejects) == sum(counts.values())
    assert {each["kind"] for each in rejects} == {kind for _, kind in counts}
    assert rejects[0] == {
        "table": "t",
        "column": "n",
        "kind": "text-in-integer",
        "row": "rowid 3",
        "value": "'abc'",
        "done": "reject",
    }
    assert ask("SELECT count(*) FROM t") == [(2,)]


def test_every_rule_does_what_it_says(make: Make, data: Data, ask: Ask, url: str) -> None:
    ask("ALTER DATABASE {} SET timezone TO 'UTC'".format(ask("SELECT quote_ident(current_database())")[0][0]))
    for number, (column, value, kind, rules, expected) in enumerate(CASES):
        ask("DROP TABLE IF EXISTS t")
        ask(TARGET)
        file = make(f"{SOURCE}; INSERT INTO t ({column}) VALUES ({value})", f"{number}.db")
        result = data("copy", file, url, "--policy", f"t.{column}=coerce:{rules}", "--no-validate")
        if expected is None:
            assert result.exit_code == 2, (column, value, rules, result.output)
            assert f"({kind}): no rule of coerce:{rules} fits it" in result.stderr
            continue
        assert result.exit_code == 0, (column, value, rules, result.output)
        assert f"coerce:{rules.split('+')[-1]}: t.{column}, rowid 1: " in result.stderr
        as_text = "" if isinstance(expected, (int, float, bytes)) and column != "num" else "::text"
        ((arrived,),) = ask(f"SELECT {column}{as_text} FROM t")
        assert arrived == (None if expected == "NULL" else expected), (column, value, rules)


def test_a_policy_that_does_not_exist_is_an_error_with_a_suggestion(make: Make, data: Data) -> None:
    file = make("CREATE TABLE t (i INTEGER)")
    for policy, said in [
        ("t.i=coerce:rond", "did you mean 'round'"),
        ("t.i=drop", "'drop' is no policy"),
        ("orphans=reject", "did you mean 'orphan'"),
        ("t.i", "write a policy as TABLE.COLUMN=POLICY"),
    ]:
        result = data("check", file, "--policy", policy)
        assert result.exit_code == 2
        assert said in result.stderr


KEYS = """
CREATE TABLE parent (id INTEGER PRIMARY KEY, up INTEGER REFERENCES parent (id));
CREATE TABLE child (k TEXT PRIMARY KEY, p INTEGER REFERENCES parent (id), v INTEGER CHECK (v < 10));
INSERT INTO parent VALUES (1, NULL), (2, 1), (3, 9), (4, 3), (5, 4);
INSERT INTO child VALUES ('a', 1, 1), ('b', 5, 1), (NULL, 1, 1), (NULL, 2, 1);
PRAGMA ignore_check_constraints = ON;
INSERT INTO child VALUES ('c', NULL, 99);
"""


def test_rows_that_break_keys_fail_with_examples(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make(KEYS)
    checked = data("check", file)
    assert checked.exit_code == 1
    assert "parent.up: 1 orphan" in checked.stdout
    assert "child.k: 2 null" in checked.stdout
    assert "child: 1 refused" in checked.stdout
    assert "CHECK (v < 10)" in checked.stdout
    result = data("copy", file, url)
    assert result.exit_code == 2
    assert "child, row" in result.stderr or "child." in result.stderr
    assert ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace") == [(0,)]


def test_rows_that_break_keys_can_be_rejected_with_all_that_refer_to_them(
    make: Make, data: Data, ask: Ask, url: str, tmp_path: Path
) -> None:
    result = data("copy", make(KEYS), url, "--on-misfit", "reject", "--rejects", "out.jsonl")
    assert result.exit_code == 1, result.output
    assert ask("SELECT id FROM parent ORDER BY id") == [(1,), (2,)]
    assert ask("SELECT k FROM child") == [("a",)]
    rejects = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    told = sorted((each["table"], each["kind"]) for each in rejects)
    assert told == [("child", "null")] * 2 + [("child", "orphan"), ("child", "refused")] + [("parent", "orphan")] * 3


def test_an_orphan_can_lose_its_reference(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, up INTEGER REFERENCES p (id)); INSERT INTO p VALUES (1, 9), (2, 1)"
    )
    result = data("copy", file, url, "--policy", "orphan=coerce:null")
    assert result.exit_code == 0, result.output
    assert ask("SELECT * FROM p ORDER BY id") == [(1, None), (2, 1)]
    assert "coerce:null: p.up, id = 1: 9 (orphan)" in result.stderr


def test_orphans_can_stay_and_their_key_counts_for_new_rows(make: Make, data: Data, ask: Ask, url: str) -> None:
    listed = ", ".join(f"({i}, 999)" for i in range(3, 203))
    file = make(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, up INTEGER NOT NULL REFERENCES p (id));"
        f"INSERT INTO p VALUES (1, 1), (2, 1), {listed}"
    )
    assert "for example --policy p.up=coerce:keep, or =reject" in data("check", file).stdout
    assert "=coerce:keep keeps them" in data("copy", file, url).output
    assert data("check", file, "--policy", "p.up=coerce:keep").exit_code == 0
    result = data("copy", file, url, "--policy", "p.up=coerce:keep")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("coerce:keep: p.up, id = ") == 100
    assert "coerce:keep: p.up: 100 more (orphan), all in the file of --log" in result.stderr
    assert ask("SELECT count(*), count(*) FILTER (WHERE up = 999) FROM p") == [(202, 200)]
    assert ask("SELECT convalidated FROM pg_constraint WHERE contype = 'f'") == [(False,)]
    verified = data("verify", file, url)
    assert verified.exit_code == 1
    assert "was not validated, so rows may break it" in verified.stdout


def test_keys_that_only_postgresql_takes_for_equal(make: Make, data: Data, ask: Ask, url: str) -> None:
    file = make(
        "CREATE TABLE u (n TEXT COLLATE NOCASE UNIQUE); INSERT INTO u VALUES ('É'), ('é'), ('e'), (NULL), (NULL)"
    )
    assert "u.n: 1 duplicate" in data("check", file).stdout
    ask("CREATE TABLE u (n integer UNIQUE)")
    file = make("CREATE TABLE u (n TEXT UNIQUE); INSERT INTO u VALUES ('1'), (' 1'), ('2')", "other.db")
    assert data("copy", file, url, "--policy", "u.n=coerce:number").exit_code == 2
    assert ask("SELECT count(*) FROM u") == [(0,)]
    result = data("copy", file, url, "--policy", "text-in-integer=coerce:number", "--policy", "duplicate=reject")
    assert result.exit_code == 1, result.output
    assert ask("SELECT n FROM u ORDER BY n") == [(1,), (2,)]


def test_every_kind_and_rule_is_explained() -> None:
    page = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")
    for name, words in [*KINDS.items(), *((name, words) for name, (_, words) in RULES.items())]:
        assert f"| `{name}` | {words} |" in page


def test_the_list_of_kinds_is_whole() -> None:
    named = {kind for _, _, kind, *_ in CASES} | {"null", "orphan", "duplicate", "refused", "too-large"}
    assert set(KINDS) == named
