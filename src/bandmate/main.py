"""Where the program begins and ends: what it loads for a command, and what it says when one fails."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from bandmate.kernel.errors import BandmateError

_FAILED = 1
ENGINES = frozenset({"allocate", "pair", "skills", "taxonomy", "titles"})
"""Commands for which the engines are enough (``engine_commands``)."""
_KILLED_BY = 128
"""What shells add to the number of the signal that ended a command."""


def main() -> None:
    """Run the program; what the user can mend is one line on stderr and exit code 1, not a traceback."""
    signal.signal(signal.SIGTERM, _end)
    try:
        _loaded(sys.argv[1:])()
    except BandmateError as error:
        _fail(error.detail)
    except OSError as error:
        _fail(f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}.")


def _loaded(words: Sequence[str]) -> Callable[[], None]:
    """Load what a command needs, and return what runs it."""
    # What modules are made of stays to the end; looking through it for garbage as it grows takes a fifth longer.
    gc.disable()
    try:
        if ENGINES.isdisjoint(words[:1]):
            from bandmate.cli import run  # noqa: PLC0415 - takes seconds that engines need not wait for

            return run
        from bandmate.engine_commands import app  # noqa: PLC0415 - as above

        return app
    finally:
        gc.freeze()
        gc.enable()


def _fail(sentence: str) -> NoReturn:
    from rich.console import Console  # noqa: PLC0415 - only what failed says it

    Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False).print(sentence, style="red")
    sys.exit(_FAILED)


def _end(number: int, _: FrameType | None) -> NoReturn:
    """End as Ctrl-C does, so that what was opened is closed and the database does not stay behind."""
    sys.exit(_KILLED_BY + number)
