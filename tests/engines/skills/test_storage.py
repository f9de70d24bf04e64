"""Vectors of a vocabulary: made in parts, kept as they come, taken up again by whoever comes after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from bandmate.engines.skills import Encoder, Store, storage
from bandmate.engines.skills.embedding import WIDTH, Vectors

TEXTS = [f"term {number % 9}" + " more" * (number % 3) for number in range(20)]  # nine of them, some twice


class Breaking:
    """Stands for the model; is killed when it has been asked so many times."""

    version = "one"

    def __init__(self, calls: int = 1000) -> None:
        self.left = calls
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the length of each text in every dimension."""
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        self.asked += texts
        return np.array([np.full(WIDTH, len(text)) for text in texts], np.float32)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two texts a part, instead of thousands."""
    monkeypatch.setattr(storage, "_PART", 2)


def made(store: Store, model: Breaking) -> list[float]:
    """Return the first dimension of the vectors of TEXTS."""
    found: list[float] = storage.vectors(store, "terms", TEXTS, cast("Encoder", model))[:, 0].tolist()
    return found


def test_each_text_is_read_once_and_progress_is_told(tmp_path: Path) -> None:
    """Equal texts get equal vectors in their places; the notice says how far it is."""
    told: list[str] = []
    model = Breaking()
    assert made(Store(tmp_path, told.append), model) == [len(text) for text in TEXTS]
    assert sorted(model.asked) == sorted(set(TEXTS))
    assert told[0] == "Reading terms once (terms): 0 of 9 ..."
    assert told[-1] == "Reading terms once (terms): 8 of 9 ..."
    assert [path.name for path in tmp_path.iterdir()] == ["terms-one"]


def test_who_is_killed_goes_on_from_there(tmp_path: Path) -> None:
    """Parts that were finished are not made again."""
    with pytest.raises(KeyboardInterrupt):
        made(Store(tmp_path), Breaking(calls=3))
    model = Breaking()
    assert made(Store(tmp_path), model) == [len(text) for text in TEXTS]
    assert len(model.asked) == 9 - 6


def test_a_part_that_was_cut_short_is_made_again(tmp_path: Path) -> None:
    """The power may go between a file's name and its content."""
    with pytest.raises(KeyboardInterrupt):
        made(Store(tmp_path), Breaking(calls=3))
    parts = sorted(tmp_path.rglob("*.npy"))
    parts[0].write_bytes(b"")
    parts[1].write_bytes(parts[1].read_bytes()[:200])
    assert made(Store(tmp_path), Breaking()) == [len(text) for text in TEXTS]


def test_without_room_for_parts_the_whole_is_made(tmp_path: Path) -> None:
    """What cannot be kept in between is only worked out again next time."""
    (tmp_path / ".terms-one.parts").touch()
    assert made(Store(tmp_path), Breaking()) == [len(text) for text in TEXTS]
