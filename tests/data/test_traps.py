"""Whatever a file holds: its rows arrive as they are, or the copy says no and which value it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.traps import TRAPS, is_same, make
from tests.data.conftest import Ask, Data

REFUSED = {
    "text in INTEGER": "t.a, rowid 2: 'abc' (text-in-integer)",
    "empty text in INTEGER": "t.a, rowid 2: '' (empty-in-integer)",
    "decimals in INTEGER": "t.a, rowid 2: 1.5 (real-in-integer)",
    "more than 64 bits": "t.a, rowid 2: 1e+20 (real-in-integer)",
    "words in BOOLEAN": "t.a, rowid 1: 1 (integer-in-text)",
    "NUL in TEXT": "t.a, rowid 2: 'a\\0b' (nul-in-text)",
    "no UTF-8": "t.a, rowid 2: 'a\\xe9b' (invalid-utf8)",
    "BLOB in TEXT": "t.a, rowid 2: x'00ff' (blob-in-text)",
    "TEXT in BLOB": "t.a, rowid 2: 'text' (text-in-blob)",
    "NULL in PRIMARY KEY": "t.a, a = NULL: NULL (null)",
    "orphans": "refer to rows of",
}
"""What is refused with the default policy, and by which words; all others arrive."""


@pytest.mark.parametrize("trap", TRAPS)
def test_nothing_is_lost_or_changed_in_silence(trap: str, data: Data, ask: Ask, url: str, tmp_path: Path) -> None:
    file = tmp_path / "trap.db"
    make(file, TRAPS[trap])
    result = data("copy", file, url, "--no-backup")
    if trap in REFUSED:
        assert result.exit_code == 2, result.output
        assert REFUSED[trap] in result.stderr
        assert ask("SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'") == [
            (0,)
        ]
    else:
        assert result.exit_code in (0, 1), result.output
        assert is_same(file, url)


def test_there_are_34() -> None:
    assert len(TRAPS) == 34
    assert set(REFUSED) <= set(TRAPS)
