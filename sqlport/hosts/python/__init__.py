"""Python as a host: finds the SQL in a file and writes edits of it back into the literals."""

from __future__ import annotations

from sqlport.hosts.python.project import Project, extract
from sqlport.hosts.python.splice import apply, apply_around, map_edits, splice

__all__ = ["Project", "apply", "apply_around", "extract", "map_edits", "splice"]
