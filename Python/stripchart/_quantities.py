"""Amounts as people write them: `"200 MiB"`, `"2s"`; and as reports show them."""
from __future__ import annotations

import re
from typing import Union

Amount = Union[str, int, float]

_SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_TIMES = {"": 1.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9, "min": 60.0, "h": 3600.0}
_AMOUNT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([a-zA-Zµ]*)\s*\Z")


def size(amount: Amount) -> int:
    """Bytes. `K`, `KB` and `KiB` are all 1024. Errors: ValueError."""
    number, unit = _split(amount, "size", "'200 MiB' or a number of bytes")
    unit = unit.lower()
    short = unit[:1] if unit in ("b", unit[:1], unit[:1] + "b", unit[:1] + "ib") else unit
    if short not in _SIZES or (short == "b" and unit != "b"):
        raise ValueError(f"{amount!r} is no size: '200 MiB' or a number of bytes")
    return int(number * _SIZES[short])


def seconds(amount: Amount) -> float:
    """Errors: ValueError."""
    number, unit = _split(amount, "time", "'2s', '150ms' or a number of seconds")
    if unit not in _TIMES:
        raise ValueError(f"{amount!r} is no time: '2s', '150ms' or a number of seconds")
    return number * _TIMES[unit]


def _split(amount: Amount, what: str, example: str) -> tuple[float, str]:
    if isinstance(amount, (int, float)) and not isinstance(amount, bool):
        if 0 <= amount < float("inf"):
            return float(amount), ""
    elif isinstance(amount, str):
        found = _AMOUNT.match(amount)
        if found:
            return float(found.group(1)), found.group(2)
    raise ValueError(f"{amount!r} is no {what}: {example}")


def size_text(count: float) -> str:
    """`1.23 MiB`, three digits."""
    sign, rest = ("-" if count < 0 else ""), abs(float(count))
    for unit in ("B", "KiB", "MiB", "GiB"):
        if rest < (1024 if unit == "B" else 999.5):
            break
        rest /= 1024
    else:
        unit = "TiB"
    return f"{sign}{int(rest) if unit == 'B' else three_digits(rest)} {unit}"


def seconds_text(value: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.9995 * scale:
            return f"{three_digits(value / scale)} {unit}"
    return "0 s" if value <= 0 else f"{three_digits(value * 1e9)} ns"


def three_digits(value: float) -> str:
    return f"{value:.0f}" if value >= 99.95 else f"{value:.1f}" if value >= 9.995 else f"{value:.2f}" if value >= 0.9995 else f"{value:.3f}"
