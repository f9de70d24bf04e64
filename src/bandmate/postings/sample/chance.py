"""Choices that look free and are always the same: each is drawn from the SHA-256 of what is chosen for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def number(*seed: str) -> int:
    """Give a 64-bit number that depends on the seed only."""
    return int.from_bytes(hashlib.sha256("|".join(seed).encode()).digest()[:8], "big")


def fraction(*seed: str) -> float:
    """Give a number in [0, 1)."""
    return number(*seed) / 2**64


def pick(options: Sequence[T], *seed: str) -> T:
    """Choose one of the options."""
    return options[number(*seed) % len(options)]


def some(options: Sequence[T], count: int, *seed: str) -> tuple[T, ...]:
    """Choose `count` options (all when there are fewer) and keep their order."""
    ranked = sorted(range(len(options)), key=lambda index: number(*seed, str(index)))
    return tuple(options[index] for index in sorted(ranked[:count]))
