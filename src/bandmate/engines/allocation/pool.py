"""Blocks worked on by other processes, which open the stored arrays; only questions and answers travel."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Self, TypeVar

from bandmate.engines.allocation.blocks import edges_of
from bandmate.engines.allocation.errors import WorkerLost
from bandmate.engines.allocation.problem import Candidates
from bandmate.engines.allocation.reading import Stored

Answer = TypeVar("Answer")

_opened: list[Candidates] = []
"""The stored candidates, in a worker process: opened once, when it starts."""


class PooledBlocks:
    """Blocks of stored candidates; questions must be picklable (a partial of a function of a module)."""

    def __init__(self, stored: Stored, *, processes: int) -> None:
        self._edges = edges_of(stored.open().persons)
        # Spawned, not forked: the caller may have threads, whose locks a fork would copy as they happen to stand.
        self._processes = ProcessPoolExecutor(
            processes, mp_context=get_context("spawn"), initializer=_open, initargs=(stored,)
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._processes.shutdown(cancel_futures=True)

    def ask(self, question: Callable[[Candidates], Answer]) -> list[Answer]:
        """Ask every block.

        Raises:
            WorkerLost: when a process died; this one cannot be asked again.
        """
        asked = [(question, begin, end) for begin, end in self._edges]
        share = max(1, len(asked) // 16)
        try:
            return list(self._processes.map(_answer, asked, chunksize=share))
        except BrokenProcessPool as error:
            raise WorkerLost(
                "A process that shared the work was ended from outside, perhaps for want of memory. Nothing was "
                "written; run it again, with fewer processes if it happens again."
            ) from error


def _open(stored: Stored) -> None:
    _opened.append(stored.open())
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End when the process that asks is gone: one that is killed cannot say so."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _answer(asked: tuple[Callable[[Candidates], Answer], int, int]) -> Answer:
    question, begin, end = asked
    return question(_opened[0].between(begin, end))
