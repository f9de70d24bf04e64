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
        root = self.root()
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

    def root(self) -> Path:
        """Return the folder itself, or one that goes with the process where it cannot be written."""
        return self.folder if self.folder and _usable(self.folder) else _passing_folder()


def lexical_index(store: Store, name: str, texts: Sequence[str], features: str) -> LexicalIndex:
    """Return the index of ``texts`` over one kind of features."""
    return open_index(
        store.product(
            f"{name}-{features}-1", lambda folder: save_index(build_index(texts, FEATURES[features]), folder)
        )
    )


def vectors(store: Store, name: str, texts: Sequence[str], encoder: Encoder) -> Vectors:
    """Return the vectors of ``texts``, in order, read from disk as they are needed."""
    full = f"{name}-{encoder.version}"
    parts = store.root() / f".{full}.parts"

    def make(folder: Path) -> None:
        np.save(folder / "vectors.npy", _in_parts(parts, name, texts, encoder, store.notice))

    place = store.product(full, make)
    shutil.rmtree(parts, ignore_errors=True)
    loaded: Vectors = np.load(place / "vectors.npy", mmap_mode="r")
    # As a plain array over the mapped file: a memmap costs more at every slice.
    return np.asarray(loaded)


_PART = 2_048
"""Texts after which what was made is kept, so that who is interrupted goes on from there."""


def _in_parts(
    folder: Path, name: str, texts: Sequence[str], encoder: Encoder, notice: Callable[[str], None]
) -> Vectors:
    """Return the vectors of ``texts``; finished parts are taken from ``folder``, new ones kept there."""
    # By length, so that those read together need little padding; equal ones once.
    distinct = sorted(dict.fromkeys(texts), key=lambda text: (len(text), text))
    if len(distinct) <= _PART:
        return encoder.encode(texts)
    found: list[Vectors] = []
    for start in range(0, len(distinct), _PART):
        part = folder / f"{start}.npy"
        kept = _part_kept(part)
        if kept is None:
            notice(f"Reading terms once ({name}): {start:,} of {len(distinct):,} ...")
            kept = encoder.encode(distinct[start : start + _PART])
            with contextlib.suppress(OSError):  # a full disk; or another process was quicker with all of them
                _keep_part(part, kept)
        found.append(kept)
    number = {text: row for row, text in enumerate(distinct)}
    together: Vectors = np.concatenate(found)[[number[text] for text in texts]]
    return together


def _part_kept(part: Path) -> Vectors | None:
    try:
        kept: Vectors = np.load(part)
    except (OSError, ValueError, EOFError):  # not there, or cut short when the power went
        return None
    return kept


def _keep_part(part: Path, made: Vectors) -> None:
    part.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=part.parent, suffix=".new", delete=False) as beside:
        np.save(beside, made)
    Path(beside.name).replace(part)


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
