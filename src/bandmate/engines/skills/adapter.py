"""A low-rank change of the packaged model's weights, laid over it when it is loaded.

A fine-tuned encoder is the packaged one plus, for each of its 36 weight matrices, a product of two thin
ones (LoRA, Hu et al. 2021, arXiv 2106.09685), plus new biases and scales. That is 2 MB, so it can be kept beside
the code while the 22 MB stay in their package. A copy of the model in memory gets the new numbers where the old
ones stood; the file stays as it is. (Weights given to the runtime by name do not reach this model: onnxruntime
1.31 multiplies the quantised ones out before it puts the given ones in their place.)
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills.errors import ModelAbsent
from bandmate.engines.skills.onnx_weights import weights_in

Array = npt.NDArray[np.float32]

_QUANTISED = "_q"
_SCALE = "_scale"


@dataclass(frozen=True, slots=True)
class Adapter:
    """What changes: thin products for the matrices in the order of the network, whole vectors by their name."""

    version: str
    products: tuple[tuple[Array, Array], ...]
    """(in, rank) and (rank, out): added to a weight of (in, out)."""
    vectors: dict[str, Array]


def read_adapter(path: Path) -> Adapter:
    """Read an adapter; its version is the beginning of the SHA-256 of the file.

    Raises:
        ModelAbsent: The file is damaged.
    """
    raw = path.read_bytes()
    try:
        with np.load(path, allow_pickle=False) as held:
            manifest = json.loads(str(held["manifest"]))
            products = tuple(
                (_widened(held, f"a{number}"), _widened(held, f"b{number}"))
                for number in range(manifest["matrices"])
            )
            vectors = {name: held[f"v{i}"].astype(np.float32) for i, name in enumerate(manifest["vectors"])}
    except (ValueError, KeyError, OSError) as error:
        raise ModelAbsent(f"{path} is damaged; remove it or train again. ({error})") from error
    return Adapter(hashlib.sha256(raw).hexdigest()[:12], products, vectors)


def write_adapter(path: Path, products: list[tuple[Array, Array]], vectors: dict[str, Array]) -> None:
    """Write an adapter whole or not at all; its numbers are rounded to int8 a column, vectors to float16."""
    arrays: dict[str, npt.NDArray[np.generic]] = {}
    for number, (down, up) in enumerate(products):
        _narrow(arrays, f"a{number}", down)
        _narrow(arrays, f"b{number}", up.T)
    for number, value in enumerate(vectors.values()):
        arrays[f"v{number}"] = value.astype(np.float16)
    manifest = json.dumps({"matrices": len(products), "vectors": list(vectors)})
    beside = path.with_name(f".{path.name}.new.npz")
    with beside.open("wb") as opened:
        np.savez_compressed(opened, allow_pickle=False, manifest=np.array(manifest), **arrays)
    beside.replace(path)


def adapted_model(model: Path, adapter: Adapter) -> bytes:
    """Return ``model`` with the weights that ``adapter`` makes of it.

    Raises:
        ModelAbsent: The adapter was made for another model.
    """
    content = bytearray(model.read_bytes())
    weights = weights_in(content)
    for name, value in list(_adapted(weights, adapter)):
        weights[name][...] = value
    return bytes(content)


def _adapted(
    weights: dict[str, npt.NDArray[Any]], adapter: Adapter
) -> Iterator[tuple[str, npt.NDArray[np.generic]]]:
    matrices = [
        name
        for name in weights
        if name.endswith(_QUANTISED) and "embeddings" not in name and weights[name].ndim == 2  # noqa: PLR2004
    ]
    matrices.sort(key=lambda name: int(name.removesuffix(_QUANTISED).removeprefix("val_")))
    if len(matrices) != len(adapter.products):
        raise ModelAbsent("The trained adapter was made for another model; train again.")
    for name, (down, up) in zip(matrices, adapter.products, strict=True):
        scale_name = name.removesuffix(_QUANTISED) + _SCALE
        changed = weights[name].astype(np.float32) * weights[scale_name].astype(np.float32) + down @ up
        scale = np.maximum(np.abs(changed).max(0, keepdims=True), 1e-8) / np.float32(127)
        yield name, np.rint(changed / scale).astype(np.int8)
        yield scale_name, scale.astype(np.float32)
    for name, value in adapter.vectors.items():
        if name not in weights or weights[name].shape != value.shape:
            raise ModelAbsent("The trained adapter was made for another model; train again.")
        yield name, value


def _narrow(arrays: dict[str, npt.NDArray[np.generic]], name: str, value: Array) -> None:
    scale = np.maximum(np.abs(value).max(0, keepdims=True), 1e-8) / np.float32(127)
    arrays[name] = np.rint(value / scale).astype(np.int8)
    arrays[name + "s"] = scale.astype(np.float32)


def _widened(held: np.lib.npyio.NpzFile, name: str) -> Array:
    value: Array = held[name].astype(np.float32) * held[name + "s"]
    return value.T if name.startswith("b") else value
