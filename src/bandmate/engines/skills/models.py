"""Which model serves: the packaged one with the newest trained adapter, or none."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from pathlib import Path

from bandmate.engines.skills.adapter import Adapter, read_adapter
from bandmate.engines.skills.embedding import Encoder, packaged_model
from bandmate.engines.skills.errors import ModelAbsent

ADAPTER = "skills-adapter.npz"
"""Name of the trained artefact in the folder of models, and of the one that comes with the program."""


def open_encoder(models: Path | None, notice: Callable[[str], None], *, threads: int = 1) -> Encoder | None:
    """Return the encoder, or None with a notice where its packages are not installed.

    An adapter in ``models`` goes before the one that comes with the program.
    """
    try:
        model = packaged_model()
        return Encoder(model, _adapter(models), threads=threads)
    except ModelAbsent as error:
        notice(f"Going by words alone, without the language model. {error.detail}")
        return None


def _adapter(models: Path | None) -> Adapter | None:
    own = models / ADAPTER if models else None
    if own is not None and own.is_file():
        return read_adapter(own)
    with resources.as_file(resources.files("bandmate.engines.skills") / "data" / ADAPTER) as packaged:
        return read_adapter(packaged) if packaged.is_file() else None
