"""Vectors of texts that come again: kept, shared, bounded, never half read."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from bandmate.engines.skills import Encoder, RememberedEncoder
from bandmate.engines.skills.embedding import WIDTH, Vectors

PLACE = 24 + 4 * WIDTH
"""Bytes of one kept vector with its key, stamp and checksum."""


class Counting:
    """Stands for the model: a vector of a text's own, and a count of what it was asked for."""

    def __init__(self, version: str = "one") -> None:
        self.version = version
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return a text's number in every dimension."""
        self.asked += texts
        return np.array([np.full(WIDTH, hash_of(text), np.float32) for text in texts]).reshape(-1, WIDTH)


def hash_of(text: str) -> float:
    """Return a number that differs between the texts of these tests."""
    return float(sum(ord(letter) * (place + 1) for place, letter in enumerate(text)))


def remembered(model: Counting, folder: Path, most_bytes: int = 1 << 20) -> RememberedEncoder:
    """Return the model with its memory."""
    return RememberedEncoder(cast("Encoder", model), folder, most_bytes)


def the_file(folder: Path) -> Path:
    """Return the one file that is kept."""
    (path,) = folder.glob("*.vectors")
    return path


def test_a_text_is_encoded_once(tmp_path: Path) -> None:
    """Mixed with new ones, twice in a call, from another opening; in the order that was asked for."""
    model = Counting()
    memory = remembered(model, tmp_path)
    memory.encode(["a", "b"])
    found = memory.encode(["b", "c", "a", "c", "\ud800", ""])
    assert found[:, 0].tolist() == [hash_of(text) for text in ["b", "c", "a", "c", "\ud800", ""]]
    assert model.asked == ["a", "b", "c", "c", "\ud800", ""]
    again = remembered(model, tmp_path).encode(["a", "b", "c", "\ud800", ""])
    assert len(model.asked) == 6
    assert np.array_equal(again[:2], memory.encode(["a", "b"]))


def test_it_gives_what_the_model_gives(encoder: Encoder, tmp_path: Path) -> None:
    """To the last bit, new or kept."""
    memory = RememberedEncoder(encoder, tmp_path)
    new, kept = memory.encode(["luthier", "tour manager"]), memory.encode(["luthier", "tour manager"])
    assert np.array_equal(new, kept)
    assert np.allclose(new, encoder.encode(["luthier", "tour manager"]), atol=1e-6)
    assert memory.encode([]).shape == (0, WIDTH)


def test_another_model_never_gets_its_vectors(tmp_path: Path) -> None:
    """The file of the old version gives way to that of the new one."""
    remembered(Counting("one"), tmp_path).encode(["a"])
    other = Counting("two")
    remembered(other, tmp_path).encode(["a"])
    assert other.asked == ["a"]
    assert the_file(tmp_path).name.startswith("two-")


def test_the_file_never_grows(tmp_path: Path) -> None:
    """A hundred vectors in room for sixteen: the last ones of each set are there, and the size is as at first."""
    model = Counting()
    memory = remembered(model, tmp_path, 16 * PLACE)
    texts = [f"text {number}" for number in range(100)]
    for text in texts:
        memory.encode([text])
    assert the_file(tmp_path).stat().st_size == 16 * PLACE
    model.asked.clear()
    found = memory.encode(texts[-4:])
    assert model.asked == []
    assert found[:, 0].tolist() == [hash_of(text) for text in texts[-4:]]
    memory.encode(texts[:4])
    assert model.asked == texts[:4]


@pytest.mark.parametrize("damage", ["vector", "stamp", "key", "cut", "noise"])
def test_what_is_torn_is_not_taken(tmp_path: Path, damage: str) -> None:
    """Whatever a crash left in the file, the answer is right, and what was lost is kept anew."""
    texts = [f"text {number}" for number in range(8)]
    right = remembered(Counting(), tmp_path, 8 * PLACE).encode(texts)
    path = the_file(tmp_path)
    content = bytearray(path.read_bytes())
    for place in range(8):
        start = place * PLACE
        match damage:
            case "vector":  # the second half never reached the disk
                content[start + PLACE // 2 : start + PLACE] = bytes(PLACE - PLACE // 2)
            case "stamp":
                content[start + 16] ^= 1
            case "key":
                content[start] ^= 1
            case "noise":
                content[start : start + PLACE] = np.random.default_rng(place).bytes(PLACE)
    path.write_bytes(content[: 3 * PLACE + 5] if damage == "cut" else content)
    model = Counting()
    memory = remembered(model, tmp_path, 8 * PLACE)
    assert np.array_equal(memory.encode(texts), right)
    assert sorted(model.asked) == texts
    assert np.array_equal(memory.encode(texts), right)


def test_writers_and_readers_at_the_same_time_never_see_another_text(tmp_path: Path) -> None:
    """Many threads in a file that is far too small: every vector is that of its text."""
    memory = remembered(Counting(), tmp_path, 16 * PLACE)
    texts = [f"text {number}" for number in range(60)]

    def call(seed: int) -> bool:
        chosen = [texts[place] for place in np.random.default_rng(seed).integers(60, size=20)]
        return [float(row[0]) for row in memory.encode(chosen)] == [hash_of(text) for text in chosen]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(call, range(200)))


def test_processes_share_it(tmp_path: Path) -> None:
    """What one process kept, another finds."""
    script = (
        "import sys; sys.path.insert(0, '.')\n"
        "from pathlib import Path\n"
        "from tests.engines.skills.test_remembered import Counting, remembered\n"
        "remembered(Counting(), Path(sys.argv[1])).encode(['from afar'])\n"
    )
    model = Counting()
    memory = remembered(model, tmp_path)
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    assert memory.encode(["from afar"])[0, 0] == hash_of("from afar")
    assert model.asked == []


def test_what_is_forgotten_leaves_no_trace(tmp_path: Path) -> None:
    """A person's texts go, with their digests; others stay."""
    model = Counting()
    memory = remembered(model, tmp_path, 16 * PLACE)
    memory.encode(["hers", "theirs"])
    memory.forget(["hers", "never seen"])
    kept = np.frombuffer(the_file(tmp_path).read_bytes(), "<f4")
    assert hash_of("hers") not in kept
    assert hash_of("theirs") in kept
    memory.encode(["hers", "theirs"])
    assert model.asked == ["hers", "theirs", "hers"]


def test_without_a_folder_to_write_it_encodes_all_the_same(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").touch()
    model = Counting()
    memory = remembered(model, tmp_path / "file" / "below")
    assert [memory.encode(["a"])[0, 0] for _ in range(2)] == [hash_of("a")] * 2
    memory.forget(["a"])
    assert model.asked == ["a", "a"]
