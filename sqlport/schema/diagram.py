"""Tables and their foreign keys as a Mermaid entity-relationship diagram."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sqlport.catalog.names import folded

if TYPE_CHECKING:
    from sqlport.catalog import Column, ForeignKey, Table


def diagram(tables: Sequence[Table], type_of: Callable[[Table, Column], str]) -> str:
    """The Mermaid text in a fence (https://mermaid.js.org/syntax/entityRelationshipDiagram.html)."""
    lines = ["```mermaid", "erDiagram"]
    known = {folded(table.name) for table in tables}
    for table in tables:
        lines.append(f"    {_word(table.name)} {{")
        for column in table.columns:
            marks = ["PK"] if column.primary_key else []
            marks += ["FK"] if any(column.name in key.columns for key in table.foreign_keys) else []
            shown = f" {', '.join(marks)}" if marks else ""
            lines.append(f"        {_word(type_of(table, column))} {_word(column.name)}{shown}")
        lines.append("    }")
    lines += [
        f"    {_word(key.table)} {_line(table, key)} {_word(table.name)} : {_word(key.columns[0])}"
        for table in tables
        for key in table.foreign_keys
        if folded(key.table) in known
    ]
    return "\n".join([*lines, "```"])


def _line(table: Table, key: ForeignKey) -> str:
    """How many there may be on both sides."""
    columns = [table.column(name) for name in key.columns]
    parent = "||" if all(column is not None and column.never_null for column in columns) else "|o"
    child = "o|" if table.unique_over(key.columns) is not None else "o{"
    return f"{parent}--{child}"


def _word(text: str) -> str:
    """A name that Mermaid takes: letters, digits and `_`."""
    return re.sub(r"\W+", "_", text).strip("_") or "_"
