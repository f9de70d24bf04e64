"""``bandmate allocate`` and ``bandmate pair``: Parquet files in, plan and report out; no database is started.

The engine is imported when a command runs: its compiler and solvers take a second to load, which every other
command of the program would pay too.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bandmate.engines.allocation.writing import appearing_whole, check_writable

_KIBIBYTE = 1024

notices = Console(stderr=True, highlight=False, markup=False, emoji=False)

Out = Annotated[Path, typer.Option(help="Parquet file for what is chosen.")]
Report = Annotated[Path, typer.Option(help="JSON file for value, bound and what else there is to know.")]


def add_to(app: typer.Typer) -> None:
    """Add the engine's commands to the program."""
    app.command("allocate")(allocate_command)
    app.command("pair")(pair_command)


def allocate_command(
    candidates: Annotated[Path, typer.Argument(help="Parquet: person, option, value, and a column for each row.")],
    constraints: Annotated[Path, typer.Argument(help="TOML: per_person_max, row, group, exclusion.")],
    out: Out,
    report: Report,
    processes: Annotated[
        int, typer.Option(min=1, help="Processes that share the work; the plan is the same.")
    ] = 1,
) -> None:
    """Choose options for persons within limits, with a proof of how good the choice is."""
    from bandmate.engines.allocation.running import plan_of_files  # noqa: PLC0415 - see above

    started = time.perf_counter()
    check_writable(out, report)
    done = plan_of_files(candidates, constraints, out, processes=processes)
    _write_report(report, done.report(), started)
    notices.print(f"{done.chosen:,} choices, value {done.plan.objective:,.6g}, gap {done.plan.gap:.2e}")


def pair_command(
    preferences: Annotated[Path, typer.Argument(help="Parquet: mentee, mentor, value.")],
    capacities: Annotated[Path, typer.Argument(help="Parquet: mentor, capacity.")],
    out: Out,
    report: Report,
    prices: Annotated[
        Path | None, typer.Option(help="Parquet file for what each mentor's places cost the others.")
    ] = None,
) -> None:
    """Pair mentees with mentors so that the sum of the values is the largest the capacities allow."""
    from bandmate.engines.allocation.running import pair_files  # noqa: PLC0415 - see above

    started = time.perf_counter()
    check_writable(*(one for one in (out, report, prices) if one is not None))
    done = pair_files(preferences, capacities, out, prices)
    _write_report(
        report,
        {**asdict(done), "optimal": done.optimal},
        started,
    )
    notices.print(f"{done.matched:,} pairs, value {done.value:,.6g}")


def _write_report(path: Path, content: Mapping[str, Any], started: float) -> None:
    measured = {"seconds": time.perf_counter() - started, "peak_memory_bytes": peak_memory_bytes()}
    with appearing_whole(path) as draft:
        draft.write_text(json.dumps({**content, **measured}, indent=2) + "\n", encoding="utf-8")


def peak_memory_bytes() -> int:
    """Return the largest resident size of this process and of the largest of its ended children, added up."""
    unit = 1 if sys.platform == "darwin" else _KIBIBYTE
    sizes = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return unit * sum(sizes)
