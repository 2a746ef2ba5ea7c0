"""The findings that have no rule: their codes, names and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notice:
    """A finding that sqlport makes without a rule; `text` says what it means and what to do."""

    code: str
    name: str
    text: str


_ALL = (
    Notice(
        "SQP001",
        "unresolved-sql",
        "A call runs SQL whose text could not be worked out, so nothing is known of it. Build the text from "
        "constants of the project, or look at the call by hand and suppress the finding with the reason.",
    ),
    Notice(
        "SQP002",
        "invalid-sql",
        "A statement that could not be read as SQLite's SQL, so it is neither checked nor ported. Correct it, or "
        "say what dialect it is in with `dialect` in `[tool.sqlport]`.",
    ),
    Notice(
        "SQP003",
        "invalid-source",
        "A file that is not valid in its language, or not in its encoding, so the SQL in it was not seen. Correct "
        "the file, or exclude it with `exclude` in `[tool.sqlport]`.",
    ),
    Notice(
        "SQP004",
        "rejected-by-server",
        "PostgreSQL rejected the ported statement; the finding has its SQLSTATE and message. The file keeps the "
        "statement as it is. Port it by hand.",
    ),
    Notice(
        "SQP005",
        "unused-suppression",
        "A comment `sqlport: ignore[...]` that takes out nothing. Remove it, so that it cannot hide a finding that "
        "comes later.",
    ),
    Notice(
        "SQP006",
        "conflicting-uses",
        "A text that several statements use, which would have to be ported in different ways. Give each use a text "
        "of its own.",
    ),
    Notice(
        "SQP007",
        "configuration-value",
        "A setting, such as a database URL, that still names SQLite. Change it together with the code.",
    ),
    Notice(
        "SQP008",
        "declared-type",
        "The program declares another type for a result column or a parameter than PostgreSQL has there, and its "
        "driver refuses that: `SUM` of bigint is numeric, which sqlx does not read as i64. SQLite's drivers convert. "
        "Cast it in the SQL, declare the other type, or give the column the type that the program wants (`types`).",
    ),
    Notice(
        "SQP009",
        "sqlite-client",
        "Rust code that names SQLite's client: a type of sqlx, or `last_insert_rowid`. With --unsafe, names that have "
        "a counterpart are changed, and an INSERT whose id is read returns it. That is right when all of the crate "
        "moves to PostgreSQL, with the feature of sqlx in its Cargo.toml.",
    ),
    Notice(
        "SQP010",
        "unplanned-port",
        "A statement that was ported together with its call, since SQLite does not run it any more, although "
        "PostgreSQL could not plan it: a part is computed, a table is not known, or another finding of it is left. "
        "Test what runs it.",
    ),
)

NOTICES: Mapping[str, Notice] = {notice.code: notice for notice in _ALL}
"""By code."""

NAMES: Mapping[str, str] = {notice.code: notice.name for notice in _ALL}
"""Code to name."""
