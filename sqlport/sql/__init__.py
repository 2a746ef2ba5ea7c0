"""SQL as text that is understood: split, read, located, matched and edited. Only this room parses SQL."""

from sqlport.sql.edits import Rewrite, apply, compatible, flatten, insert, replace, wrap
from sqlport.sql.read import Parsed, UnlocatedError, read
from sqlport.sql.reader import Placeholder, Problem
from sqlport.sql.split import Piece, split
from sqlport.sql.tokens import Token

__all__ = [
    "Parsed",
    "Piece",
    "Placeholder",
    "Problem",
    "Rewrite",
    "Token",
    "UnlocatedError",
    "apply",
    "compatible",
    "flatten",
    "insert",
    "read",
    "replace",
    "split",
    "wrap",
]
