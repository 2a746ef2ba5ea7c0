"""Pairs of a SQLite statement and a port of it: `wrong.txt` each a popular mistake, `right.txt` none."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent

SCHEMA = (
    "CREATE TABLE dept (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT CHECK (kind IN ('x', 'y', 'Z')))",
    "CREATE TABLE emp (id INTEGER PRIMARY KEY, name TEXT NOT NULL, nick TEXT, salary INTEGER, bonus INTEGER, "
    "rate REAL, hired DATETIME, born DATE, active BOOLEAN NOT NULL DEFAULT 1, data BLOB, "
    "dept_id INTEGER REFERENCES dept (id) ON DELETE CASCADE, boss INTEGER REFERENCES emp (id))",
    "CREATE TABLE kv (k TEXT PRIMARY KEY, v TEXT, n INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT UNIQUE, handle TEXT UNIQUE, visits INTEGER DEFAULT 0)",
    "CREATE TABLE links (user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE, tag TEXT NOT NULL, "
    "weight REAL, PRIMARY KEY (user_id, tag))",
    "CREATE TABLE notes (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL DEFAULT '', size INTEGER "
    "CHECK (size > 0), made TEXT DEFAULT CURRENT_TIMESTAMP, extra JSON)",
    "CREATE TABLE words (word TEXT COLLATE NOCASE UNIQUE, hits INTEGER)",
)
"""The tables that both files are about."""


def wrong() -> list[tuple[str, str, str]]:
    """Name, original and port of each; in the file `=` is a port that changes nothing."""
    return [(name.removeprefix("# "), *_pair(lines)) for name, *lines in _blocks("wrong.txt")]


def right() -> list[tuple[str, str]]:
    """Original and port of each."""
    return [_pair(lines) for lines in _blocks("right.txt")]


def _blocks(name: str) -> list[list[str]]:
    return [block.splitlines() for block in (HERE / name).read_text("utf-8").strip().split("\n\n")]


def _pair(lines: list[str]) -> tuple[str, str]:
    original, port = lines
    return original, original if port == "=" else port
