"""Keys over NOCASE columns that stay text (`nocase = "lower"`): what a unique index has in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlport.catalog.names import folded, quote
from sqlport.catalog.types import column_type, lowered_nocase

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlport.catalog.tables import Catalog, Table, UniqueKey
    from sqlport.model import Target


def is_lowered(table: Table, name: str, target: Target) -> bool:
    """Whether a column of the table is a NOCASE column that stays text."""
    column = table.column(name) if lowered_nocase(target) else None
    if column is None or column.collation != "NOCASE":
        return False
    return column_type(column, table.name, target) == "text"


def key_terms(key: UniqueKey, table: Table, target: Target) -> tuple[str, ...]:
    """A key as ON CONFLICT names it and an index has it: columns that disregard case stand under lower()."""
    return tuple(
        f"lower({quote(name)})" if by == "NOCASE" and is_lowered(table, name, target) else quote(name)
        for name, by in zip(key.columns, key.collations, strict=True)
    )


def is_referred(catalog: Catalog, table: str, names: Sequence[str]) -> bool:
    """Whether a foreign key refers to just these columns: PostgreSQL wants a constraint over them then."""
    wanted = sorted(map(folded, names))
    return any(
        folded(key.table) == folded(table) and sorted(map(folded, key.references)) == wanted
        for other in catalog
        for key in other.foreign_keys
    )
