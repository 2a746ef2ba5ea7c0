"""What tables, columns and keys exist, which PostgreSQL types they become, and how their names are written."""

from sqlport.catalog.affinity import affinity
from sqlport.catalog.build import CatalogResult, from_sqlite, from_statements
from sqlport.catalog.names import folded, is_reserved, quote
from sqlport.catalog.scratch import Failure, is_definition
from sqlport.catalog.tables import Catalog, Column, ForeignKey, Index, IndexTerm, Referred, Table, Trigger, UniqueKey

__all__ = [
    "Catalog",
    "CatalogResult",
    "Column",
    "Failure",
    "ForeignKey",
    "Index",
    "IndexTerm",
    "Referred",
    "Table",
    "Trigger",
    "UniqueKey",
    "affinity",
    "folded",
    "from_sqlite",
    "from_statements",
    "is_definition",
    "is_reserved",
    "quote",
]
