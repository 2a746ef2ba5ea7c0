"""Python as a host: finds the SQL in a file and writes edits of it back into the literals."""

from __future__ import annotations

from sqlport.hosts.python.project import Project, extract
from sqlport.hosts.python.splice import apply, map_edits, splice

__all__ = ["Project", "apply", "extract", "map_edits", "splice"]
