"""How good and how fast plans are, beside HiGHS, OR-Tools' PDLP and rules of thumb in the same run.

    python -m benchmarks.allocation            10,000 persons x 10, then 1,000,000 x 10, then streams
    python -m benchmarks.allocation --large    the same comparison at 100,000 persons; HiGHS takes minutes
    python -m benchmarks.allocation --growth   up to 3,000,000 persons; draws docs/images/allocation-growth.svg

Times exclude imports and the first compilation. Memory is the peak of a process that does nothing else.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, TypeVar

import numpy as np
from benchmarks.allocation_peers import bare_scan, by_priority, by_value, pdlp_value, take_in_order
from benchmarks.growth_plot import draw
from tests.engines.allocation.families import FAMILIES, generate, optimum

from bandmate.engines.allocation import Candidates, Kind, Limits, Row, allocate
from bandmate.engines.allocation.blocks import edges_of, smoothed, used
from bandmate.engines.allocation.problem import Terms
from bandmate.engines.allocation.reading import Stored
from bandmate.engines.allocation.streaming import Stream, course_of

PLOT = Path(__file__).resolve().parent.parent / "docs" / "images" / "allocation-growth.svg"
GROWTH = (100_000, 300_000, 1_000_000, 2_000_000, 3_000_000)
TIMES = 3

Done = TypeVar("Done")


def main() -> None:
    """Measure what the arguments ask for."""
    if "--one" in sys.argv:
        alone(Path(sys.argv[-1]))
        return
    warm_up()
    if "--growth" in sys.argv:
        growth()
    elif "--large" in sys.argv:
        compare(100_000, FAMILIES)
    else:
        compare(10_000, FAMILIES)
        million()
        one_pass()
        streams()


def warm_up() -> None:
    """Compile everything."""
    for family in ("plain", "groups"):
        candidates, limits = generate(family, 500)
        plan = allocate(candidates, limits)
        Stream.after(plan, limits, expected=500, least_price=0.0).decide(candidates)
        take_in_order(candidates, limits, by_value(candidates))


def timed(work: Callable[[], Done]) -> tuple[Done, float]:
    """Return what work returns, and how many seconds it took."""
    started = perf_counter()
    done = work()
    return done, perf_counter() - started


def compare(persons: int, families: tuple[str, ...]) -> None:
    """Print a table for each family: value, shortfall of the floors, seconds."""
    for family in families:
        candidates, limits = generate(family, persons)
        best, seconds = timed(partial(optimum, candidates, limits, solver="highs-ipm"))
        print(
            f"\n{family}: {candidates.persons:,} persons, {len(candidates):,} candidates, {len(limits.rows)} rows"
        )
        line("HiGHS, interior point (relaxation)", best, best, seconds)
        if family == "plain":
            for tolerance in (1e-4, 1e-6):
                value, seconds = timed(partial(pdlp_value, candidates, limits, tolerance))
                line(f"OR-Tools PDLP, {tolerance:g} (relaxation)", value, best, seconds)
        plan, seconds = timed(partial(allocate, candidates, limits))
        judge(f"Bandmate, stated gap {plan.gap:.1e}", candidates, limits, plan.chosen, best, seconds)
        assert best <= plan.bound * (1 + 1e-9), "the bound is no bound"
        if not limits.groups:
            for name, order in (("greedy by value", by_value), ("fixed priorities", by_priority)):
                marks, seconds = timed(partial(_rule, candidates, limits, order))
                judge(name, candidates, limits, marks, best, seconds)


def _rule(candidates: Candidates, limits: Limits, order: Callable[[Candidates], np.ndarray]) -> np.ndarray:
    return take_in_order(candidates, limits, order(candidates))


def line(name: str, value: float, best: float, seconds: float, more: str = "") -> None:
    """Print a line of a comparison."""
    print(f"  {name:38} {value:14.4f} {(value - best) / abs(best):+10.2e} {seconds:8.2f} s {more}")


def judge(
    name: str, candidates: Candidates, limits: Limits, marks: np.ndarray, best: float, seconds: float
) -> None:
    """Print a line for whole choices; by sums of this function's own."""
    total, terms = used(candidates, marks.astype(np.uint8)), Terms.of(limits)
    floors = terms.bounds[terms.signs < 0]
    short = terms.shortfalls(total[1:])[terms.signs < 0].sum() / floors.sum()
    broken = terms.excesses(total[1:]).any()
    more = f"floors short by {short:.2%}" + (", CAP EXCEEDED" if broken else "")
    line(name, terms.objective(float(total[0]), total[1:]), best, seconds, more)


def ten_rows(persons: int) -> tuple[Candidates, Limits]:
    """Return the plain family with five more rows, on campaigns and on a market of each fifth person."""
    candidates, limits = generate("plain", persons)
    random = np.random.default_rng(1)
    person = np.repeat(np.arange(candidates.persons), np.diff(candidates.first))
    option = candidates.option
    uses = [option == 4, option >= 8, person % 5 == 0, (option == 6) * random.random(len(option)), option == 9]
    more = np.stack(uses, axis=1).astype(np.float32)
    rows = (
        Row("campaign 4", "4", Kind.CAP, 0.04 * persons),
        Row("late campaigns", "8", Kind.CAP, 0.1 * persons),
        Row("market", "market", Kind.CAP, 0.1 * persons),
        Row("reach", "reach", Kind.FLOOR, 0.03 * persons, exchange_rate=0.05),
        Row("campaign 9", "9", Kind.FLOOR, 0.05 * persons, exchange_rate=0.05),
    )
    columns = np.concatenate([candidates.columns, more], axis=1)
    wider = Candidates(candidates.person, candidates.first, option, candidates.value, columns)
    return wider, Limits(limits.per_person_max, (*limits.rows, *rows))


def alone(folder: Path) -> None:
    """Allocate what a folder holds, in a process of its own, and print what it took."""
    limits = ten_rows(100)[1]
    bounds = json.loads((folder / "limits.json").read_text())
    rows = tuple(
        Row(row.name, row.column, row.kind, limit, row.exchange_rate)
        for row, limit in zip(limits.rows, bounds, strict=True)
    )
    limits = Limits(limits.per_person_max, rows)
    allocate(*ten_rows(500))
    candidates = Stored(folder).open()
    before = process_time()
    plan, seconds = timed(partial(allocate, candidates, limits))
    processor = process_time() - before
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    kept = all(row.used <= row.limit for row in plan.rows if row.kind is Kind.CAP)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "processor": processor,
                "memory": memory,
                "gap": plan.gap,
                "kept": kept,
                "passes": plan.evaluations,
            }
        )
    )


def in_own_process(persons: int, times: int) -> list[dict[str, Any]]:
    """Return what allocating for so many persons took, each time in a new process."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        candidates, limits = ten_rows(persons)
        for name in ("person", "first", "option", "value", "columns"):
            np.save(folder / f"{name}.npy", getattr(candidates, name))
        (folder / "limits.json").write_text(json.dumps([row.limit for row in limits.rows]))
        del candidates
        command = [sys.executable, "-m", "benchmarks.allocation", "--one", str(folder)]
        runs = (subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(times))
        return [json.loads(run.stdout) for run in runs]


def million() -> None:
    """Print seconds, memory and gap for a million persons."""
    runs = in_own_process(1_000_000, TIMES)
    seconds = sorted(run["seconds"] for run in runs)
    print(
        f"\n1,000,000 x 10, 10 rows, {TIMES} runs: best {seconds[0]:.1f} s, median {median(seconds):.1f} s, "
        f"{max(run['memory'] for run in runs) / 1e9:.2f} GB; gap {runs[0]['gap']:.1e}; "
        f"caps {'kept' if all(run['kept'] for run in runs) else 'EXCEEDED'}"
    )


def one_pass() -> None:
    """Print how long a pass of the dual takes beside reading the same numbers once, in the same threads."""
    candidates, limits = ten_rows(300_000)
    prices = allocate(candidates, limits).prices
    gamma = 1e-4 * float(candidates.value.mean())
    blocks = [candidates.between(*edge) for edge in edges_of(candidates.persons)]
    ask = partial(smoothed, terms=Terms.of(limits), prices=prices, gamma=gamma)
    both: dict[str, list[float]] = {"dual": [], "scan": []}
    with ThreadPoolExecutor(2) as threads:
        for _ in range(7):
            for name, work in (("dual", ask), ("scan", _scan)):
                both[name].append(timed(partial(_all, threads, work, blocks))[1])
    dual, scan = (min(both[name]) for name in ("dual", "scan"))
    print(f"\nOne pass over 300,000 persons, 10 rows: {dual:.3f} s; bare scan {scan:.3f} s; {dual / scan:.2f} x")


def _all(
    threads: ThreadPoolExecutor, work: Callable[[Candidates], object], blocks: list[Candidates]
) -> list[object]:
    return list(threads.map(work, blocks))


def _scan(block: Candidates) -> float:
    return float(bare_scan(block.first, block.option, block.value, block.columns, 0, block.persons))


def orders(candidates: Candidates, seed: int) -> dict[str, np.ndarray]:
    """Return orders of arrival."""
    worth = np.add.reduceat(candidates.value, candidates.first[:-1])
    rank = np.argsort(np.argsort(worth)) / candidates.persons
    chance = np.random.default_rng(seed).random(candidates.persons)
    burst = np.random.default_rng(3).permutation(20)[np.minimum((rank * 20).astype(int), 19)]
    return {
        "steady": np.argsort(chance),
        "drifting": np.argsort(chance + 0.5 * rank),
        "later better": np.argsort(rank + 0.1 * chance),
        "bursts": np.argsort(burst + chance),
    }


def streams(persons: int = 100_000) -> None:
    """Print what deciding as persons come is worth, as a share of the batch's plan for the same persons."""
    print(
        "\nStreams, with yesterday's prices: value and floor as shares of the batch's, decisions a second and core"
    )
    for family in ("plain", "tight floors", "dozens of rows"):
        candidates, limits = generate(family, persons, seed=2)
        before, before_limits = generate(family, persons, seed=9)
        batch, yesterday = allocate(candidates, limits), allocate(before, before_limits)
        earlier = orders(before, 7)
        for shape, order in orders(candidates, 1).items():
            arriving, _ = candidates.of(order)
            arrived, origin = before.of(earlier[shape])
            told = []
            for course in (None, course_of(arrived, yesterday.chosen[origin])):
                stream = Stream.after(
                    yesterday, limits, expected=candidates.persons, least_price=0.0, course=course
                )
                _, seconds = timed(partial(stream.decide, arriving))
                floor = next(at for at, row in enumerate(limits.rows) if row.kind is Kind.FLOOR)
                share = stream.usage[floor] / batch.rows[floor].used
                told.append(f"{stream.objective / batch.objective:.3f} {share:.3f} {persons / seconds:12,.0f}/s")
            print(f"  {family:15} {shape:13} even course {told[0]}   yesterday's course {told[1]}")


def growth() -> None:
    """Print seconds and memory up to 3,000,000 persons, and draw them.

    Drawn are the seconds that the processors worked: others that use the machine do not bend that line.
    """
    points: list[tuple[int, float, float]] = []
    for persons in GROWTH:
        runs = in_own_process(persons, TIMES)
        seconds, processor = (min(run[name] for run in runs) for name in ("seconds", "processor"))
        memory = max(run["memory"] for run in runs)
        points.append((persons, processor, memory))
        print(
            f"{persons:>10,} persons {seconds:8.2f} s, processors {processor:8.2f} s {memory / 1e9:6.2f} GB "
            f"gap {runs[0]['gap']:.1e} {processor / persons * 1e6:6.1f} s a million, {runs[0]['passes']} passes",
            flush=True,
        )
    PLOT.write_text(draw(points), encoding="utf-8")


if __name__ == "__main__":
    main()
