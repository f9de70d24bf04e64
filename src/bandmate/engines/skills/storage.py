"""What is derived from a vocabulary and a model, kept so that the next start is quick.

Every product lies in a folder named after what it was made from. It is made beside its place and moved
there whole, so that processes may share a store; whoever comes second throws its own away.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandmate.engines.skills.embedding import Encoder, Vectors
from bandmate.engines.skills.lexical import FEATURES, LexicalIndex, build_index, open_index, save_index

_DONE = "done"


@dataclass(frozen=True, slots=True)
class Store:
    """A folder for what can be made again; without one, a folder that goes with the process."""

    folder: Path | None
    notice: Callable[[str], None] = lambda _: None
    """Told before something that takes a while."""

    def product(self, name: str, make: Callable[[Path], None]) -> Path:
        """Return the folder called ``name``, made by ``make`` where it is not there yet."""
        root = self.folder if self.folder and _usable(self.folder) else _passing_folder()
        place = root / name
        if not (place / _DONE).is_file():
            beside = Path(tempfile.mkdtemp(prefix=f".{name[:60]}.", dir=root))
            try:
                make(beside)
                (beside / _DONE).touch()
                with contextlib.suppress(OSError):  # another process was quicker
                    beside.rename(place)
            finally:
                shutil.rmtree(beside, ignore_errors=True)
        return place


def lexical_index(store: Store, name: str, texts: Sequence[str], features: str) -> LexicalIndex:
    """Return the index of ``texts`` over one kind of features."""
    return open_index(
        store.product(
            f"{name}-{features}-1", lambda folder: save_index(build_index(texts, FEATURES[features]), folder)
        )
    )


def vectors(store: Store, name: str, texts: Sequence[str], encoder: Encoder) -> Vectors:
    """Return the vectors of ``texts``, in order, read from disk as they are needed."""

    def make(folder: Path) -> None:
        if len(texts) > _WORTH_A_NOTICE:
            store.notice(f"Reading {len(texts):,} terms once ({name}); this takes a minute or two ...")
        np.save(folder / "vectors.npy", encoder.encode(texts))

    loaded: Vectors = np.load(store.product(f"{name}-{encoder.version}", make) / "vectors.npy", mmap_mode="r")
    return loaded


_WORTH_A_NOTICE = 2_000


def _usable(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


_passing: list[tempfile.TemporaryDirectory[str]] = []


def _passing_folder() -> Path:
    if not _passing:
        _passing.append(tempfile.TemporaryDirectory(prefix="bandmate-skills-"))
    return Path(_passing[0].name)
