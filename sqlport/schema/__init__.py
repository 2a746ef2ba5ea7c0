"""Whole schemas: ported to PostgreSQL in one piece, applied, compared with what is there, and documented."""

from sqlport.schema.compare import Difference, compare
from sqlport.schema.confirm import Confirmed, confirmed
from sqlport.schema.port import Definition, NotPorted, PortedSchema, port_schema
from sqlport.schema.render import down_sql, up_sql
from sqlport.schema.source import Source, read_source

__all__ = [
    "Confirmed",
    "Definition",
    "Difference",
    "NotPorted",
    "PortedSchema",
    "Source",
    "compare",
    "confirmed",
    "down_sql",
    "port_schema",
    "read_source",
    "up_sql",
]
