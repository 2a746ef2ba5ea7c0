"""Rust as a host: finds the SQL of sqlx, rusqlite and Diesel, and writes edits of it back into the literals."""

from __future__ import annotations

from sqlport.hosts.rust.project import Project
from sqlport.hosts.rust.splice import apply, apply_around, map_edits

__all__ = ["Project", "apply", "apply_around", "map_edits"]
