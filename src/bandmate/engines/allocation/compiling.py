"""Compiled functions whose machine code is kept, in a folder that is named after the sources it came from.

Numba by itself looks at the file of a function only. It would go on using the old code of a function that calls,
or has inlined, one of another file that was changed since.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from numba import njit
from numba.core import config

Taken = ParamSpec("Taken")
Given = TypeVar("Given")

_HERE = Path(__file__).resolve().parent
_SOURCES = ("choosing", "compiling", "pairing/raising", "passes", "polish", "reading", "streaming")
"""The modules that hold compiled functions."""


def compiled(*, inline: bool = False) -> Callable[[Callable[Taken, Given]], Callable[Taken, Given]]:
    """Compile a function for what it is called with; it gives up the interpreter lock while it works.

    Args:
        inline: whether it becomes part of its callers.
    """

    def compile_(function: Callable[Taken, Given]) -> Callable[Taken, Given]:
        # Numba reads this setting when it decorates; types know nothing of its settings.
        before, place = getattr(config, "CACHE_DIR"), _place()  # noqa: B009
        try:
            setattr(config, "CACHE_DIR", str(place))  # noqa: B010
            made: Callable[Taken, Given] = njit(
                cache=place is not None, nogil=True, inline="always" if inline else "never"
            )(function)
        finally:
            setattr(config, "CACHE_DIR", before)  # noqa: B010
        return made

    return compile_


def _place() -> Path | None:
    """Return where machine code is kept: beside the sources, else among the user's caches, else nowhere.

    Nowhere that others may write: who can put machine code there can make us run it.
    """
    if os.environ.get("NUMBA_CACHE_DIR"):
        places = [Path(os.environ["NUMBA_CACHE_DIR"])]
    else:
        caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        places = [_HERE / "__pycache__", Path(caches) / "bandmate"]
    for place in places:
        folder = place / f"compiled-{_DIGEST}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return None


_DIGEST = hashlib.sha256(b"".join((_HERE / f"{name}.py").read_bytes() for name in _SOURCES)).hexdigest()[:16]
