"""Decimal numbers in PostgreSQL's binary form: groups of four digits, as `numeric_send` writes them."""

from __future__ import annotations

import math
import struct
from decimal import Decimal
from typing import Final

_HEAD: Final = struct.Struct(">HhHH")
_NEGATIVE: Final = 0x4000
_INFINITIES: Final = {"inf": 0xD000, "-inf": 0xF000, "nan": 0xC000}
_SPECIAL: Final = {code: Decimal(text) for text, code in _INFINITIES.items()}


def pack(value: int | float | Decimal, scale: int | None = None) -> bytes:
    """The bytes of a number (of a float its shortest decimal form, which reads back as the same float).

    `scale` is that of the column, which PostgreSQL keeps with every value. Raises ValueError for a number that
    has more decimals. Infinities need PostgreSQL 14.
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            return _HEAD.pack(0, 0, _INFINITIES[str(value)], 0)
        value = Decimal(repr(value))
    number = Decimal(value)
    sign, digits, exponent = number.as_tuple()
    assert isinstance(exponent, int)  # the infinities are done
    text = "".join(map(str, digits))
    if exponent >= 0:
        whole, decimals = text + "0" * exponent, ""
    else:
        padded = text.rjust(-exponent + 1, "0")
        whole, decimals = padded[:exponent], padded[exponent:].rstrip("0")
    if scale is not None and len(decimals) > scale:
        raise ValueError("more decimals than the column keeps")
    kept = len(decimals) if scale is None else scale
    return _HEAD.pack(*_head(whole, decimals, kept, sign)) + _groups(whole, decimals)


def _grouped(whole: str, decimals: str) -> tuple[str, int]:
    """The digits in whole groups of four without empty groups at the ends, and the weight of the first."""
    whole = whole.lstrip("0")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    decimals = decimals.ljust(-(-len(decimals) // 4) * 4, "0")
    digits, weight = whole + decimals, len(whole) // 4 - 1
    while digits[:4] == "0000":
        digits, weight = digits[4:], weight - 1
    while digits[-4:] == "0000":
        digits = digits[:-4]
    return digits, weight


def _head(whole: str, decimals: str, scale: int, sign: int) -> tuple[int, int, int, int]:
    digits, weight = _grouped(whole, decimals)
    if not digits:
        return 0, 0, 0, scale
    return len(digits) // 4, weight, _NEGATIVE if sign else 0, scale


def _groups(whole: str, decimals: str) -> bytes:
    digits, _ = _grouped(whole, decimals)
    groups = [int(digits[at : at + 4]) for at in range(0, len(digits), 4)]
    return struct.pack(f">{len(groups)}H", *groups)


def unpack(payload: bytes) -> Decimal:
    """The number that the bytes stand for; infinities and NaN, too."""
    count, weight, sign, scale = _HEAD.unpack_from(payload)
    if sign in _SPECIAL:
        return _SPECIAL[sign]
    groups = struct.unpack_from(f">{count}H", payload, _HEAD.size)
    digits = "".join(f"{group:04d}" for group in groups) or "0"
    exponent = (weight + 1 - count) * 4
    number = Decimal((1 if sign == _NEGATIVE else 0, tuple(map(int, digits)), exponent))
    with_scale = -scale
    if exponent < with_scale:  # the last group is padded with zeros beyond the scale
        cut = with_scale - exponent
        return Decimal((number.as_tuple().sign, number.as_tuple().digits[:-cut] or (0,), with_scale))
    padded = number.as_tuple()
    return Decimal((padded.sign, padded.digits + (0,) * (exponent - with_scale), with_scale))
