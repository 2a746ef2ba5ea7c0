"""Rows from SQLite to PostgreSQL and back: copied fast, proven the same, none lost or changed in silence."""
