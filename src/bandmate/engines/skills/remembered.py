"""Vectors of texts that come again, kept in one file that processes share.

The file is a table of fixed size, mapped into memory: a text's digest says in which set of eight places its
vector may lie. A new vector takes the place of the one that has lain longest in its set, so the file never grows.
Every place carries a checksum over all it holds: what was half written when the power went, or is being written
over while it is read, is not taken. So readers need no lock; writers take one on the file.

What is kept is derived from texts and may speak of people: ``forget`` takes it out when their texts are erased.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import threading
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.embedding import WIDTH, Encoder, Vectors

MOST_BYTES = 256 << 20
"""Size of the file when it is full: 171,000 vectors. It takes room on the disk only as it fills."""

_WAYS = 8
_PLACE = np.dtype([("key", "<u8", 2), ("stamp", "<u4"), ("check", "<u4"), ("vector", "<f4", WIDTH)])
_CHECKED_FROM = 24
"""Where in a place the vector begins; the checksum is over the key, the stamp and the vector."""


class RememberedEncoder:
    """An encoder that keeps what it encoded below ``folder``; where that cannot be written, a mere encoder.

    It may be shared by threads. Vectors of another model are never taken: the file is named after its version, and
    takes the place of those of others.
    """

    def __init__(self, encoder: Encoder, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._encoder = encoder
        self.version = encoder.version
        self._sets = max(most_bytes // (_WAYS * _PLACE.itemsize), 1)
        self._path = folder / f"{encoder.version}-{self._sets}.vectors"
        self._table: npt.NDArray[Any] | None = None
        with contextlib.suppress(OSError):
            self._table = self._open()

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of length 1 for each text, in order; those that are new are kept from now on."""
        keys = _keys(texts)
        out, known = self._kept(keys)
        new = np.flatnonzero(~known)
        if len(new):
            out[new] = self._encoder.encode([texts[place] for place in new.tolist()])
            with contextlib.suppress(OSError):  # a full disk: what cannot be kept is made again
                self._keep(keys[new], out[new])
        return out

    def forget(self, texts: Sequence[str]) -> None:
        """Take the vectors of these texts out of the file.

        Raises:
            OSError: The file cannot be written.
        """
        if self._table is None or not self._path.exists():
            return
        with self._writing() as file:
            for key in _keys(texts):
                start = int(key[0] % self._sets) * _WAYS
                for way in np.flatnonzero((self._table["key"][start : start + _WAYS] == key).all(1)):
                    os.pwrite(file, bytes(_PLACE.itemsize), int(start + way) * _PLACE.itemsize)

    def _kept(self, keys: npt.NDArray[np.uint64]) -> tuple[Vectors, npt.NDArray[np.bool_]]:
        """Return vectors, and which of them were kept; the others are zeros."""
        out = np.zeros((len(keys), WIDTH), np.float32)
        known = np.zeros(len(keys), bool)
        if self._table is None or not len(keys):
            return out, known
        places = (keys[:, 0] % np.uint64(self._sets)).astype(np.int64)[:, None] * _WAYS + np.arange(_WAYS)
        same = (self._table["key"][places] == keys[:, None]).all(2)
        for row, way in zip(*np.nonzero(same), strict=True):
            held = self._table[places[row, way]].copy()  # it may be written over while it is looked at
            if held["stamp"] and (held["key"] == keys[row]).all() and held["check"] == _check(held):
                out[row], known[row] = held["vector"], True
        return out, known

    def _keep(self, keys: npt.NDArray[np.uint64], vectors: Vectors) -> None:
        if self._table is None:
            return
        with self._writing() as file:
            for key, vector in zip(keys, vectors, strict=True):
                start = int(key[0] % self._sets) * _WAYS
                stamps = self._table["stamp"][start : start + _WAYS]
                same = (self._table["key"][start : start + _WAYS] == key).all(1)
                way = int(same.argmax() if same.any() else stamps.argmin())
                made = np.zeros(1, _PLACE)[0]
                made["key"], made["vector"] = key, vector
                made["stamp"] = min(int(stamps.max()) + 1, 0xFFFFFFFF)
                made["check"] = _check(made)
                os.pwrite(file, made.tobytes(), (start + way) * _PLACE.itemsize)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[int]:
        """Give the open file to one writer at a time, of all threads and processes."""
        file = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)  # anew: threads that share one share its lock
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)

    def _open(self) -> npt.NDArray[Any]:
        size = self._sets * _WAYS * _PLACE.itemsize
        if not self._path.is_file() or self._path.stat().st_size != size:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            for other in self._path.parent.glob("*.vectors"):
                other.unlink(missing_ok=True)
            beside = self._path.with_suffix(f".{os.getpid()}.{threading.get_ident()}.new")
            beside.touch(mode=0o600)
            os.truncate(beside, size)
            with contextlib.suppress(FileExistsError):  # another process was quicker: its file serves
                os.link(beside, self._path)
            beside.unlink()
        # As a plain array over the mapped file: a memmap costs more at every slice.
        return np.asarray(np.memmap(self._path, _PLACE, "r"))


def _keys(texts: Sequence[str]) -> npt.NDArray[np.uint64]:
    """Return (texts, 2): 128 bits of each text's BLAKE2b."""
    digests = [hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest() for text in texts]
    return np.frombuffer(b"".join(digests), "<u8").reshape(-1, 2)


def _check(held: np.void) -> int:
    raw = held.tobytes()
    return zlib.crc32(raw[_CHECKED_FROM:], zlib.crc32(raw[: _CHECKED_FROM - 4]))
