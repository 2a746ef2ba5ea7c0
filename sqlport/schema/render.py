"""The ported schema as two scripts: one that makes it and one that removes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sqlport.catalog.names import quote
from sqlport.schema.port import Definition, NotPorted, PortedSchema

_TITLES = (
    (("extension", "collation"), "Extensions"),
    (("helper",), "Functions that do as SQLite's"),
    (("table",), "Tables"),
    (("index", "foreign key"), "Indexes, and foreign keys that need what comes before"),
    (("view",), "Views"),
    (("function", "trigger"), "Triggers"),
    (("sequence",), "Next values of identity columns"),
)


def up_sql(schema: PortedSchema, heading: str = "") -> str:
    """The script that makes the schema; what is not in it stands there as comments, with the reasons.

    It holds no BEGIN and COMMIT: migration tools make their own (`psql --single-transaction`).
    """
    parts = [_comment(heading)] if heading else []
    if schema.observed:
        told = (f"{key} is {seen.type}: {seen.reason}" for key, seen in schema.observed.items())
        parts.append(_comment("\n".join(["Types that only the values tell:", *told])))
    for kinds, title in _TITLES:
        found = [each for each in schema.definitions if each.kind in kinds]
        if found:
            parts.append(f"-- {title}\n")
            parts.append(_joined(found))
    if schema.not_ported:
        parts.append("-- Not ported\n")
        parts.append("".join(_lost(each) for each in schema.not_ported))
    return "\n".join(parts)


def down_sql(schema: PortedSchema, heading: str = "") -> str:
    """The script that removes what `up_sql` makes, and fails where something else depends on it."""
    lines = [_comment(heading)] if heading else []
    lines += [f"DROP VIEW IF EXISTS {quote(view.name)};\n" for view in reversed(schema.of_kind("view"))]
    tables = ", ".join(quote(table.name) for table in reversed(schema.of_kind("table")))
    if tables:
        lines.append(f"DROP TABLE IF EXISTS {tables};\n")
    functions = (quote(function.name, "function") for function in schema.of_kind("function"))
    lines += [f"DROP FUNCTION IF EXISTS {name}();\n" for name in functions]
    lines += [f"DROP FUNCTION IF EXISTS {_signature(each)};\n" for each in reversed(schema.of_kind("helper"))]
    lines += [f"DROP COLLATION IF EXISTS {quote(each.name)};\n" for each in schema.of_kind("collation")]
    lines += [f"DROP EXTENSION IF EXISTS {quote(extension.name)};\n" for extension in schema.of_kind("extension")]
    return "".join(lines)


def _signature(helper: Definition) -> str:
    """The name of a helper with its parameters, which tell it from its namesakes."""
    found = re.search(r"FUNCTION\s+(\w+\s*\([^)]*\))", helper.sql)
    return found[1] if found else helper.name


def _joined(definitions: Sequence[Definition]) -> str:
    return "".join(f"{_ended(each.sql)}\n" for each in definitions)


def _ended(sql: str) -> str:
    """With a semicolon that no comment at the end swallows."""
    last = sql.rsplit("\n", 1)[-1]
    return f"{sql}\n;" if "--" in last else f"{sql};"


def _comment(text: str) -> str:
    return "".join(f"-- {line}".rstrip() + "\n" for line in text.splitlines())


def _lost(lost: NotPorted) -> str:
    shown = " ".join(part for part in (lost.kind, _named(lost), f"of {lost.of}" if _belongs(lost) else "") if part)
    return _comment(f"{shown}: {lost.reason}") + "".join(f"--     {line}\n" for line in _lines(lost.original))


def _named(lost: NotPorted) -> str:
    return lost.name or (f"({', '.join(lost.columns)})" if lost.columns else "")


def _belongs(lost: NotPorted) -> bool:
    return bool(lost.of) and lost.of != lost.name


def _lines(text: str) -> Iterator[str]:
    yield from (line.rstrip() for line in text.splitlines() if line.strip())
