"""The same blocks on Apache Spark: candidates stay where they are, questions go out, answers come back.

Persons are cut into the blocks of ``blocks.edges_of``, each of which becomes one line of a table that Spark keeps
(its arrays as bytes). A question, such as "the smoothed dual at these prices", runs over it with ``mapInArrow``;
the driver puts the answers into the order of the blocks. So the plan is that of one machine, bit for bit.

Needs pyspark, which is no requirement of Bandmate: ``docs/allocation.md`` says how to install it.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bandmate.engines.allocation.blocks import BLOCK_PERSONS
from bandmate.engines.allocation.errors import InvalidProblem
from bandmate.engines.allocation.plan import Plan
from bandmate.engines.allocation.problem import Candidates, Limits
from bandmate.engines.allocation.reading import VALUE, checked_numbers
from bandmate.engines.allocation.solver import solve

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Answer = TypeVar("Answer")
Marks = NDArray[np.uint8]

_KINDS = {"person": np.int64, "first": np.int64, "option": np.int32, "value": np.float32, "columns": np.float32}
_BLOCK = "block"
_ANSWER = "block long, answer binary"
_TASKS_EACH_CORE = 4
_BLOCKS_EACH_TASK = 64
"""At most, as a rule: what a task works on has to fit into the memory of its worker, beside others."""
_FEW_LINES = "8"
"""Lines of Arrow that travel to Python at once: a line is a block of megabytes."""
_LINES = "spark.sql.execution.arrow.maxRecordsPerBatch"


class SparkBlocks:
    """Blocks that a Spark cluster holds."""

    def __init__(self, candidates: DataFrame, limits: Limits) -> None:
        """Cut a table of candidates (as in a Parquet file of candidates, any order) into blocks, and keep them.

        Sets ``spark.sql.execution.arrow.maxRecordsPerBatch`` of the session to 8 from then on.

        Raises:
            InvalidProblem: for a missing column. What is wrong with a row comes as Spark's own error, with
                the same words as from a file.
        """
        names = list(dict.fromkeys(["person", "option", VALUE, *limits.columns]))
        missing = [name for name in names if name not in candidates.columns]
        if missing:
            raise InvalidProblem(f"The candidates have no column {missing[0]!r}; they have: {candidates.columns}.")
        self._rows = len(limits.rows)
        firsts = _first_persons(candidates)
        self.count = len(firsts)
        numbered = candidates.select(*names).mapInArrow(
            partial(_number, firsts=firsts, names=names), f"block int, {_schema(candidates, names)}"
        )
        # Blocks are never split. A task costs some hundredths of a second whatever it does, so a core gets a few.
        cores = candidates.sparkSession.sparkContext.defaultParallelism
        wanted = max(_TASKS_EACH_CORE * cores, self.count // _BLOCKS_EACH_TASK)
        parted = numbered.repartition(min(max(self.count, 1), wanted), _BLOCK)
        ordered = parted.sortWithinPartitions(_BLOCK, "person", "option")
        arrays = ", ".join(f"{name} binary" for name in _KINDS)
        self._packed = ordered.mapInArrow(
            partial(_pack, names=names, columns=limits.columns), f"block int, {arrays}"
        ).persist()
        self._packed.count()
        self._packed.sparkSession.conf.set(_LINES, _FEW_LINES)

    def ask(self, question: Callable[[Candidates], Answer]) -> list[Answer]:
        """Ask every block."""
        work = partial(_asked, question=question, rows=self._rows)
        answers = {line[_BLOCK]: line["answer"] for line in self._packed.mapInArrow(work, _ANSWER).collect()}
        return [pickle.loads(answers[number]) for number in range(self.count)]  # noqa: S301 - our workers' own

    def choices(self, plan: Plan) -> DataFrame:
        """Return ``person``, ``option`` and ``value`` of what a plan chose, as a table of the cluster."""
        sizes = self.ask(len)
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        marks = self._packed.sparkSession.sparkContext.broadcast((np.packbits(plan.chosen), offsets))

        rows = self._rows

        def chosen(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            packed, starts = marks.value
            for number, block in _unpacked(batches, rows):
                begin, end = int(starts[number]), int(starts[number + 1])
                bits = np.unpackbits(packed[begin // 8 : -(-end // 8)])[begin % 8 :][: end - begin].astype(bool)
                person = np.repeat(block.person, np.diff(block.first))
                yield pa.RecordBatch.from_arrays(
                    [pa.array(person[bits]), pa.array(block.option[bits]), pa.array(block.value[bits])],
                    ["person", "option", "value"],
                )

        return self._packed.mapInArrow(chosen, "person long, option int, value float")

    def release(self) -> None:
        """Let the cluster forget the blocks."""
        self._packed.unpersist()


def allocate_on_spark(candidates: DataFrame, limits: Limits) -> tuple[Plan, DataFrame]:
    """Allocate; return the plan and its choices as a table, to be written by the cluster.

    The driver holds a byte for each candidate, twelve for each person, and the candidates of the 20,000 persons
    that are nearest to another choice.
    """
    blocks = SparkBlocks(candidates, limits)
    plan = solve(blocks, limits)
    return plan, blocks.choices(plan)


def _first_persons(candidates: DataFrame) -> NDArray[np.int64]:
    """Return the id of the first person of each block."""
    persons = candidates.select("person").dropna().distinct().toArrow()
    return np.sort(checked_numbers(persons.combine_chunks(), "person", 0, "The table"))[::BLOCK_PERSONS]


def _schema(candidates: DataFrame, names: list[str]) -> str:
    kinds = dict(candidates.dtypes)
    return ", ".join(f"`{name}` {kinds[name]}" for name in names)


def _number(
    batches: Iterator[pa.RecordBatch], firsts: NDArray[np.int64], names: list[str]
) -> Iterator[pa.RecordBatch]:
    """Put the number of its block before each candidate."""
    for batch in batches:
        person = checked_numbers(batch, "person", 0, "The table")
        numbers = np.searchsorted(firsts, person, side="right").astype(np.int32) - np.int32(1)
        yield pa.RecordBatch.from_arrays(
            [pa.array(numbers), *(batch.column(name) for name in names)], [_BLOCK, *names]
        )


def _pack(
    batches: Iterator[pa.RecordBatch], names: list[str], columns: tuple[str, ...]
) -> Iterator[pa.RecordBatch]:
    """Make one line of each block; candidates come in the order of block, person and option.

    Holds one block at a time, however many come.
    """
    held: list[pa.RecordBatch] = []
    for batch in batches:
        number = batch.column(0).to_numpy()
        edges = [0, *(np.flatnonzero(np.diff(number)) + 1), len(number)]
        for begin, end in pairwise(edges):
            if begin == end:
                continue
            if held and held[0].column(0)[0].as_py() != number[begin]:
                yield _packed(held, names, columns)
                held = []
            held.append(batch.slice(begin, end - begin))
    if held:
        yield _packed(held, names, columns)


def _packed(held: list[pa.RecordBatch], names: list[str], columns: tuple[str, ...]) -> pa.RecordBatch:
    """Make one line of the candidates of one block."""
    block = pa.Table.from_batches(held).combine_chunks()
    cells = {name: checked_numbers(block, name, 0, "The table") for name in names}
    person, option = cells["person"], cells["option"].astype(np.int32)
    again = (np.diff(person) == 0) & (np.diff(option) == 0)
    if again.any():
        at = int(np.argmax(again))
        raise InvalidProblem(f"The table holds the option {option[at]} twice for the person {person[at]}.")
    uses = np.empty((len(person), len(columns)), np.float32)
    for place, name in enumerate(columns):
        uses[:, place] = cells[name]
    ids, first = np.unique(person, return_index=True)
    arrays = (ids, np.append(first, len(person)).astype(np.int64), option, cells[VALUE].astype(np.float32), uses)
    lines = [pa.array([array.tobytes()], pa.binary()) for array in arrays]
    return pa.RecordBatch.from_arrays([held[0].column(0).slice(0, 1), *lines], [_BLOCK, *_KINDS])


def _unpacked(batches: Iterator[pa.RecordBatch], rows: int) -> Iterator[tuple[int, Candidates]]:
    for batch in batches:
        for line in range(batch.num_rows):
            arrays = {
                # Copied, because compiled functions are compiled for arrays that may be written.
                each.name: np.frombuffer(batch.column(each.name)[line].as_buffer(), _KINDS[each.name]).copy()
                for each in fields(Candidates)
            }
            arrays["columns"] = arrays["columns"].reshape(len(arrays["option"]), rows)
            yield int(batch.column(_BLOCK)[line].as_py()), Candidates(**arrays)


def _asked(
    batches: Iterator[pa.RecordBatch], question: Callable[[Candidates], Any], rows: int
) -> Iterator[pa.RecordBatch]:
    for number, block in _unpacked(batches, rows):
        answer = pickle.dumps(question(block), protocol=pickle.HIGHEST_PROTOCOL)
        yield pa.RecordBatch.from_arrays(
            [pa.array([number], pa.int64()), pa.array([answer], pa.binary())], [_BLOCK, "answer"]
        )
