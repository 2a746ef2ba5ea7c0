"""Virtual tables: which module a statement makes one with, and which tables are known to be virtual."""

from __future__ import annotations

import re

from sqlport.catalog import Catalog
from sqlport.sql import Parsed, Token


def module(parsed: Parsed) -> Token | None:
    """The module's name in `CREATE VIRTUAL TABLE x USING module(...)`."""
    if parsed.kind != "CREATE VIRTUAL TABLE":
        return None
    for before, token in zip(parsed.tokens, parsed.tokens[1:], strict=False):
        if before.word == "USING":
            return token
    return None


def is_made_with(catalog: Catalog, name: str, prefix: str) -> bool:
    """Whether the catalog knows a virtual table of that name whose module begins so (`fts`, `rtree`)."""
    table = catalog.table(name)
    if table is None or table.kind != "virtual":
        return False
    return re.search(rf"\busing\s+{prefix}", table.sql, re.IGNORECASE) is not None
