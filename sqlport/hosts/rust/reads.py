"""What the program reads from a statement's result: the types that its Rust side declares."""

from __future__ import annotations
