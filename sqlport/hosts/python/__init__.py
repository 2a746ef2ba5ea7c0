"""Python as a host: finds the SQL in a file and writes edits of it back into the literals."""

from __future__ import annotations

from sqlport.hosts.python.extract import extract
from sqlport.hosts.python.splice import apply, map_edits, splice

__all__ = ["apply", "extract", "map_edits", "splice"]
