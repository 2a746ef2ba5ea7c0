"""Small questions to values and names that the evaluator and its calls both ask."""

from __future__ import annotations

from sqlport.hosts.python import strings
from sqlport.hosts.python.values import Const, Method, Option, Str, Table, Unknown, Value, choose, options


def table_item(base: Table, key: Value, source: str, branch: int) -> Value:
    """`base[key]`: one entry, or any of them where the key is not known."""
    pairs = dict(base.pairs)
    if isinstance(key, Str):
        found = pairs.get(strings.flat(key))
        if found is not None:
            return found
    elif isinstance(key, Const) and isinstance(key.value, int):
        found = pairs.get(key.value)
        if found is not None:
            return found
    elif isinstance(key, (Unknown, Method)) and pairs:
        return choose((Option(value, ((branch, index),)) for index, value in enumerate(pairs.values())), source)
    return Unknown(source, "a key that is not known here")


def entries(found: Value) -> dict[str, Value]:
    """The values of a dict by its keys; of several dicts each value with the branches that lead to its dict."""
    if isinstance(found, Table):
        return {key: value for key, value in found.pairs if isinstance(key, str)}
    tables = [(dict(one.value.pairs), one.path) for one in options(found) if isinstance(one.value, Table)]
    keys = dict.fromkeys(key for table, _ in tables for key in table if isinstance(key, str))
    gone = [Option(one.value) for one in options(found) if isinstance(one.value, Unknown)]
    missing = Unknown("", "a key that is not known here")
    return {
        key: choose((*(Option(table.get(key, missing), path) for table, path in tables), *gone), key) for key in keys
    }


def named(value: Value, source: str) -> Value:
    """An unknown value under the name by which it is used."""
    if isinstance(value, Unknown):
        return Unknown(value.source or source, value.reason, value.kind, value.parameter)
    return value
