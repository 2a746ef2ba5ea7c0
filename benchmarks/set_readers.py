"""Published query sets as values, read from the folders in which their authors give them out."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from sqlport.sql import split

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Database:
    """A database and the queries over it.

    `file` is a SQLite file, `script` the SQL that makes it where there is none. A database without rows is filled
    with generated ones.
    """

    name: str
    queries: tuple[str, ...]
    file: Path | None = None
    script: str = ""


def spider(folder: Path) -> Iterator[Database]:
    """Spider, BIRD and sets in their form: queries with the name of a database, the databases, `*tables.json`.

    Queries are lines of `*.sql` (text, a tabulator, the name) or objects of `*.json` (`db_id` with `query` or `SQL`).
    """
    texts: dict[str, dict[str, None]] = {}
    for path in sorted([*folder.rglob("*.sql"), *folder.rglob("*.json")]):
        for name, text in _named_queries(path):
            texts.setdefault(name, {})[text] = None
    files = {path.stem: path for path in folder.rglob("*.sqlite")}
    described = {each["db_id"]: each for path in folder.rglob("*tables.json") for each in _json(path)}
    for name, queries in sorted(texts.items()):
        if name in files:
            yield Database(name, tuple(queries), file=files[name])
        elif name in described:
            yield Database(name, tuple(queries), script=_described(described[name]))


def _named_queries(path: Path) -> Iterator[tuple[str, str]]:
    if path.suffix == ".sql":
        for line in path.read_text("utf-8").splitlines():
            text, _, name = line.strip().rpartition("\t")
            if text and re.fullmatch(r"\w+", name):
                yield name, text
        return
    found = _json(path)
    for each in found if isinstance(found, list) else ():
        query = each.get("SQL") or each.get("query") if isinstance(each, dict) else None
        database = each.get("db_id") if isinstance(each, dict) else None
        if isinstance(query, str) and isinstance(database, str):
            yield database, query


def _json(path: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(path.read_text("utf-8-sig"))
    return found


def _described(database: Mapping[str, object]) -> str:
    """The CREATE TABLEs of an entry of `tables.json`."""
    tables, columns, types, keys, references = (
        database[key]
        for key in ("table_names_original", "column_names_original", "column_types", "primary_keys", "foreign_keys")
    )
    assert isinstance(tables, list) and isinstance(columns, list) and isinstance(types, list)
    assert isinstance(keys, list) and isinstance(references, list)
    script = ""
    for number, table in enumerate(tables):
        own = [place for place, (owner, _) in enumerate(columns) if owner == number]
        parts = [f"{_name(columns[place][1])} {_TYPES.get(types[place], types[place])}" for place in own]
        primary = [place for key in keys for place in (key if isinstance(key, list) else [key]) if place in own]
        if primary:
            parts.append(f"PRIMARY KEY ({', '.join(_name(columns[place][1]) for place in primary)})")
        for place, other in references:
            if place in own:
                parent = tables[columns[other][0]]
                child, target = _name(columns[place][1]), _name(columns[other][1])
                parts.append(f"FOREIGN KEY ({child}) REFERENCES {_name(parent)} ({target})")
        script += f"CREATE TABLE {_name(table)} (\n  " + ",\n  ".join(parts) + "\n);\n"
    return script


# What Spider's `tables.json` calls the types; BIRD's has SQLite's own names.
_TYPES: Mapping[object, str] = {"number": "NUMERIC", "time": "DATETIME", "boolean": "BOOLEAN", "others": "TEXT"}


@cache
def _name(name: object) -> str:
    """The name as a person would write it: in quotes only where SQLite wants them."""
    text = str(name)
    if re.fullmatch(r"[A-Za-z_]\w*", text) and not text.lower().startswith("sqlite_"):
        with closing(sqlite3.connect(":memory:")) as connection, suppress(sqlite3.Error):
            connection.execute(f"CREATE TABLE {text} ({text} TEXT)")
            return text
    return '"' + text.replace('"', '""') + '"'


def text2sql(folder: Path) -> Iterator[Database]:
    """jkkummerfeld/text2sql-data: `NAME.json` beside `NAME-schema.csv` and, for some, a SQLite file.

    Variables of a query get the example that stands beside it.
    """
    for path in sorted(folder.rglob("*-schema.csv")):
        name = path.name.removesuffix("-schema.csv")
        questions = path.with_name(f"{name}.json")
        if not questions.is_file():
            continue
        queries = {_filled(each): None for each in _json(questions)}
        files = sorted(path.parent.glob(f"{name}-db*.sqlite"))
        if files:
            yield Database(name, tuple(queries), file=files[0])
        else:
            yield Database(name, tuple(queries), script=_listed(path))


def _filled(question: Mapping[str, object]) -> str:
    texts, variables = question["sql"], question["variables"]
    assert isinstance(texts, list) and isinstance(variables, list)
    text = str(texts[0])
    for each in sorted(variables, key=lambda each: -len(each["name"])):
        text = text.replace(str(each["name"]), str(each["example"]).replace('"', '""'))
    return text


def _listed(path: Path) -> str:
    """The CREATE TABLEs of a list of columns, with the primary keys."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [[cell.strip() for cell in row] for row in csv.reader(stream)][1:]
    script = ""
    for table, group in groupby((row for row in rows if len(row) >= 5 and row[0] != "-"), key=lambda row: row[0]):
        columns = {row[1].lower(): (row[1], _type(",".join(row[4:]))) for row in group}
        script += f"CREATE TABLE IF NOT EXISTS {_name(table)} (\n  "
        script += ",\n  ".join(f"{_name(name)} {kind}" for name, kind in columns.values()) + "\n);\n"
    return script


def _type(text: str) -> str:
    found = re.match(r"\w+(?:\s*\([\d\s,]*\))?", text)
    return found[0] if found and found[0].upper() != "NULL" else "TEXT"


def defog(folder: Path) -> Iterator[Database]:
    """defog-ai/sql-eval (`*_sqlite.csv`) with defog-ai/defog-data beside it (`NAME/NAME.sql`)."""
    texts: dict[str, dict[str, None]] = {}
    for path in sorted(folder.rglob("*_sqlite.csv")):
        with path.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                for piece in split(row["query"]):
                    texts.setdefault(row["db_name"], {})[piece.span.of(row["query"])] = None
    schemas = {path.stem: path for path in folder.rglob("*.sql") if path.parent.name == path.stem}
    for name, queries in sorted(texts.items()):
        if name in schemas:
            yield Database(name, tuple(queries), script=_for_sqlite(schemas[name].read_text("utf-8")))


def _for_sqlite(script: str) -> str:
    """defog's scripts are PostgreSQL's; sqlglot makes SQLite's of them, as defog's own tools do."""
    import sqlglot

    parsed = sqlglot.parse(script.replace("public.", ""), read="postgres")
    return "".join(each.sql(dialect="sqlite") + ";\n" for each in parsed if each is not None)


def scripts(folder: Path) -> Iterator[Database]:
    """Databases (`*.sqlite`, `*.db`) or scripts that make them; the queries are their views and those of other `.sql`.

    A script makes a database when it creates tables; the SELECTs of all other scripts beside it are its queries.
    """
    made = sorted([*folder.rglob("*.sqlite"), *folder.rglob("*.db")])
    texts = {path: path.read_text("utf-8-sig") for path in sorted(folder.rglob("*.sql"))}
    queries = [text for each in texts.values() if not _creates(each) for text in _selects(each)]
    for path in made:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        yield Database(path.stem, (*_views(connection), *queries), file=path)
        connection.close()
    stems = {path.stem for path in made}
    for path, text in texts.items():
        if _creates(text) and path.stem not in stems:
            connection = sqlite3.connect(":memory:")
            run_script(connection, text)
            yield Database(path.stem, (*_views(connection), *queries), script=text)
            connection.close()


def run_script(connection: sqlite3.Connection, script: str) -> None:
    """Run a script; what SQLite refuses is left out."""
    for piece in split(script):
        try:
            connection.execute(piece.span.of(script))
        except (sqlite3.Error, sqlite3.Warning):
            continue
    if connection.in_transaction:
        connection.commit()


def _creates(text: str) -> bool:
    return re.search(r"(?i)\bcreate\s+(?:temp\w*\s+)?table\b", _COMMENT.sub("", text)) is not None


def _selects(text: str) -> Iterator[str]:
    for piece in split(text):
        query = piece.span.of(text)
        if re.match(r"(?i)\s*(?:select|with|values)\b", _COMMENT.sub("", query)):
            yield query


def _views(connection: sqlite3.Connection) -> Sequence[str]:
    rows = connection.execute("SELECT sql FROM sqlite_master WHERE type = 'view'").fetchall()
    return [re.sub(r"(?is)^create\s+.*?\sas\s", "", sql, count=1) for (sql,) in rows]


READERS: Mapping[str, Callable[[Path], Iterator[Database]]] = {
    "spider": spider,
    "text2sql": text2sql,
    "defog": defog,
    "scripts": scripts,
}
"""How each kind of folder is read."""
