"""Whole runs over files: read, work out, write. Results appear under their names only once they are complete."""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bandmate.engines.allocation.limits_file import read_limits
from bandmate.engines.allocation.pairing import PairingFigures, Wishes, figures_of, pair, prices_of
from bandmate.engines.allocation.plan import Plan
from bandmate.engines.allocation.pool import PooledBlocks
from bandmate.engines.allocation.problem import Candidates
from bandmate.engines.allocation.reading import Stored, read_candidates, read_numbers
from bandmate.engines.allocation.solver import allocate, solve
from bandmate.engines.allocation.writing import appearing_whole


@dataclass(frozen=True, slots=True)
class Done:
    """A finished allocation."""

    plan: Plan

    @property
    def chosen(self) -> int:
        """How many options were chosen in all."""
        return int(self.plan.chosen.sum())

    def report(self) -> dict[str, Any]:
        """Return what a report holds, JSON-ready; ``value`` is the objective, shortfalls already paid for."""
        plan = self.plan
        return {
            "value": plan.objective,
            "bound": plan.bound,
            "gap": plan.gap,
            "prices": {row.name: row.price for row in plan.rows},
            "rows": [{**asdict(row), "kind": row.kind.value, "slack": row.slack} for row in plan.rows],
            "chosen": self.chosen,
            "evaluations": plan.evaluations,
        }


def plan_of_files(candidates: Path, constraints: Path, out: Path, *, processes: int = 1) -> Done:
    """Allocate what a Parquet file holds under the limits of a TOML file.

    One process works with threads on arrays in memory; several work on arrays in a temporary folder.

    Raises:
        InvalidProblem: when a file cannot be used; the message says where and how to mend it.
        WorkerLost: when one of several processes died.
    """
    limits = read_limits(constraints)
    if processes == 1:
        given = read_candidates(candidates, limits)
        plan = allocate(given, limits)
        _write_plan(out, given, plan)
        return Done(plan)
    with tempfile.TemporaryDirectory(prefix="bandmate-allocate-") as folder:
        read_candidates(candidates, limits, Path(folder))
        stored = Stored(Path(folder))
        given = stored.open()
        with PooledBlocks(stored, processes=processes) as blocks:
            plan = solve(blocks, limits)
        _write_plan(out, given, plan)
    return Done(plan)


def pair_files(preferences: Path, capacities: Path, out: Path, prices: Path | None = None) -> PairingFigures:
    """Pair what two Parquet files hold; ``prices`` tells what each mentor's places cost the others.

    Raises:
        InvalidProblem: when a file cannot be used.
    """
    wished = read_numbers(preferences, {"mentee": np.int64, "mentor": np.int64, "value": np.float32})
    room = read_numbers(capacities, {"mentor": np.int64, "capacity": np.int32})
    wishes = Wishes(wished["mentee"], wished["mentor"], wished["value"])
    mentors, places = room["mentor"], room["capacity"]
    pairing = pair(wishes, mentors, places)
    if prices is not None:
        found = prices_of(wishes, pairing.granted, mentors, places)
        _write(
            prices,
            {
                "mentor": pa.array(mentors, pa.int64()),
                "price": pa.array(found.price, pa.float64()),
                "wanted": pa.array(found.wanted, pa.int64()),
            },
        )
    _write(
        out,
        {
            "mentee": pa.array(wishes.mentee[pairing.granted], pa.int64()),
            "mentor": pa.array(wishes.mentor[pairing.granted], pa.int64()),
            "value": pa.array(wishes.value[pairing.granted], pa.float32()),
        },
    )
    return figures_of(wishes, pairing, mentors, places)


def _write_plan(path: Path, candidates: Candidates, plan: Plan) -> None:
    """Write person, option and value of what is chosen, ordered by person and option."""
    places = np.flatnonzero(plan.chosen)
    person = candidates.person[np.searchsorted(candidates.first, places, side="right") - 1]
    _write(
        path,
        {
            "person": pa.array(person, pa.int64()),
            "option": pa.array(candidates.option[places], pa.int32()),
            "value": pa.array(candidates.value[places], pa.float32()),
        },
    )


def _write(path: Path, columns: dict[str, pa.Array]) -> None:
    with appearing_whole(path) as draft:
        pq.write_table(pa.table(columns), draft)
