"""sqlport moves a code base from SQLite to PostgreSQL and proves that it still does the same.

    port(sql)      one statement or script, ported
    check(paths)   what PostgreSQL rejects or answers differently
    fix(paths)     the same, ported in place

All errors that a caller can meet are `SqlportError`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlport.api import check, fix, port
    from sqlport.config import Config
    from sqlport.model import Finding, Fix, Port, SqlportError, Statement, Target, Verdict
    from sqlport.results import Report

__version__ = "0.1.0"
__all__ = [
    "Config",
    "Finding",
    "Fix",
    "Port",
    "Report",
    "SqlportError",
    "Statement",
    "Target",
    "Verdict",
    "check",
    "fix",
    "port",
]

_HOMES = {"Config": "config", "Report": "results", "check": "api", "fix": "api", "port": "api"}


def __getattr__(name: str) -> object:
    """Import on first use, so that `sqlport --version` and hooks on one file start fast (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module 'sqlport' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"sqlport.{_HOMES.get(name, 'model')}"), name)
