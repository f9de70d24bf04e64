"""``bandmate allocate`` and ``bandmate pair`` as processes: files, exit codes, what is left after a failure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.engines.allocation.families import generate

from bandmate.engines.allocation import Candidates, Kind, Limits, WorkerLost
from bandmate.engines.allocation.limits_file import read_limits
from bandmate.engines.allocation.pool import PooledBlocks
from bandmate.engines.allocation.reading import Stored, read_candidates


def bandmate(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the program to its end."""
    return subprocess.run(
        [sys.executable, "-m", "bandmate", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def write_candidates(path: Path, candidates: Candidates, limits: Limits) -> None:
    """Write candidates in random order."""
    order = np.random.default_rng(0).permutation(len(candidates))
    columns: dict[str, Any] = {
        "person": np.repeat(candidates.person, np.diff(candidates.first))[order],
        "option": candidates.option[order],
        "value": candidates.value[order],
    }
    columns |= {name: candidates.columns[order, place] for place, name in enumerate(limits.columns)}
    pq.write_table(pa.table(columns), path)


def write_limits(path: Path, limits: Limits) -> None:
    """Write limits as TOML."""
    lines = [f"per_person_max = {limits.per_person_max}"]
    for row in limits.rows:
        lines += ["[[row]]", f'name = "{row.name}"', f'column = "{row.column}"', f'kind = "{row.kind}"']
        lines += [f"limit = {row.limit!r}"]
        lines += [f"exchange_rate = {row.exchange_rate}"] if row.kind is Kind.FLOOR else []
    for group in limits.groups:
        options = sorted(group.options)
        lines += ["[[group]]", f'name = "{group.name}"', f"options = {options}", f"max = {group.max}"]
    path.write_text("\n".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Candidates of 20,000 persons and their limits, as files."""
    folder = tmp_path_factory.mktemp("problem")
    candidates, limits = generate("groups", 20_000)
    write_candidates(folder / "candidates.parquet", candidates, limits)
    write_limits(folder / "limits.toml", limits)
    return folder / "candidates.parquet", folder / "limits.toml"


def test_a_plan_and_its_report(problem: tuple[Path, Path], tmp_path: Path) -> None:
    """The plan sums up to what the report says, and keeps every cap; the report holds what was promised."""
    out, report = tmp_path / "plan.parquet", tmp_path / "report.json"
    done = bandmate("allocate", *problem, "--out", out, "--report", report)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "gap" in done.stderr
    told = json.loads(report.read_text())
    promised = {"value", "bound", "gap", "prices", "rows", "seconds", "peak_memory_bytes"}
    assert promised <= told.keys()
    plan, given = pq.read_table(out).to_pandas(), pq.read_table(problem[0]).to_pandas()
    assert plan.dtypes.astype(str).to_dict() == {"person": "int64", "option": "int32", "value": "float32"}
    assert plan.set_index(["person", "option"]).index.is_monotonic_increasing
    chosen = plan.merge(given, on=["person", "option"], suffixes=("", "_given"))
    assert len(chosen) == len(plan)
    assert (chosen["value"] == chosen["value_given"]).all()
    limits = read_limits(problem[1])
    assert plan.groupby("person").size().max() <= limits.per_person_max
    value = float(plan["value"].astype(np.float64).sum())
    for row, outcome in zip(limits.rows, told["rows"], strict=True):
        used = float(chosen[row.column].astype(np.float64).sum())
        assert outcome["name"] == row.name
        assert outcome["used"] == pytest.approx(used, rel=1e-9)
        assert told["prices"][row.name] == outcome["price"]
        if row.kind is Kind.CAP:
            assert used <= row.limit
        else:
            assert outcome["shortfall"] == pytest.approx(max(row.limit - used, 0.0), abs=1e-6)
            value -= (row.exchange_rate or 0.0) * outcome["shortfall"]
    assert told["value"] == pytest.approx(value, rel=1e-9)
    assert told["gap"] == (told["bound"] - told["value"]) / abs(told["bound"])
    assert 0 <= told["gap"] < 1e-3
    assert told["seconds"] > 0
    assert told["peak_memory_bytes"] > 10**7


def test_any_number_of_processes_writes_the_same_bytes(problem: tuple[Path, Path], tmp_path: Path) -> None:
    """One process, two or three: the same plan, byte for byte, and the same prices, bound and value."""
    told = []
    for processes in (1, 2, 3):
        out, report = tmp_path / f"{processes}.parquet", tmp_path / f"{processes}.json"
        done = bandmate("allocate", *problem, "--out", out, "--report", report, "--processes", processes)
        assert done.returncode == 0, done.stderr
        content = json.loads(report.read_text())
        told.append((out.read_bytes(), {**content, "seconds": 0, "peak_memory_bytes": 0}))
    assert told[0] == told[1] == told[2]


def test_a_killed_worker_is_an_error_and_leaves_nothing(problem: tuple[Path, Path], tmp_path: Path) -> None:
    """A worker process that is killed ends the command with one line and exit code 1; no file is written."""
    out, report = tmp_path / "plan.parquet", tmp_path / "report.json"
    command = ["allocate", *problem, "--out", out, "--report", report, "--processes", "2"]
    with subprocess.Popen(
        [sys.executable, "-m", "bandmate", *map(str, command)],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        victim = _first_worker(process)
        os.kill(victim, signal.SIGKILL)
        _, words = process.communicate(timeout=60)
    assert process.returncode == 1
    assert words.strip().startswith("A process that shared the work was ended from outside")
    assert "Traceback" not in words
    assert list(tmp_path.iterdir()) == []


def _first_worker(process: subprocess.Popen[str]) -> int:
    """Return the process id of a worker, once it is there; it needs a second to import what it works with."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(entry.read_text().rpartition(")")[2].split()[1])
                command = (entry.parent / "cmdline").read_bytes()
            except OSError:
                continue
            if parent == process.pid and b"spawn_main" in command:
                return int(entry.parent.name)
        time.sleep(0.01)
    pytest.fail(f"no worker appeared: {process.communicate()}")


def _slow(_: Candidates) -> int:
    time.sleep(30)
    return 0


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):  # it may be gone already on a busy machine; what follows is the same
        os.kill(process, signal.SIGKILL)


def test_a_worker_killed_in_the_middle_of_its_work_is_noticed(tmp_path: Path, problem: tuple[Path, Path]) -> None:
    """Not waited for: who asked is told at once."""
    read_candidates(problem[0], read_limits(problem[1]), tmp_path)
    with PooledBlocks(Stored(tmp_path), processes=1) as blocks:
        assert blocks.ask(len)
        worker = next(iter(blocks._processes._processes))
        timer = threading.Timer(0.2, _kill, (worker,))
        timer.start()
        with pytest.raises(WorkerLost, match="Nothing was written"):
            blocks.ask(_slow)
        timer.join()


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"limits": "per_person_max = 2\n[[row]]"}, 1, "row 1 lacks 'column'"),
        ({"limits": "per_person_max = 2\n[[exclusion]]\noptions = [1]", "--processes": "0"}, 2, "--processes"),
        ({"limits": "per_person_max = 2", "--report": "missing/report.json"}, 1, "create the folder first"),
        ({"limits": "per_person_max = 2", "--out": "."}, 1, "is a folder"),
    ],
    ids=["limits", "called wrongly", "no folder", "a folder"],
)
def test_what_fails_leaves_nothing(
    problem: tuple[Path, Path], tmp_path: Path, change: Mapping[str, str], code: int, words: str
) -> None:
    """1 for what cannot be used, 2 for a wrong call, one sentence, no file."""
    limits = tmp_path / "limits.toml"
    limits.write_text(change["limits"])
    options = {
        "--out": tmp_path / change.get("--out", "plan.parquet"),
        "--report": tmp_path / change.get("--report", "report.json"),
        "--processes": change.get("--processes", "1"),
    }
    done = bandmate("allocate", problem[0], limits, *[word for option in options.items() for word in option])
    assert done.returncode == code
    assert words in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [limits]


def test_pairs_and_their_report(tmp_path: Path) -> None:
    """Pairs by mentee, and what they come to; a wish for somebody without a capacity is not granted."""
    wishes, room = tmp_path / "wishes.parquet", tmp_path / "room.parquet"
    pq.write_table(
        pa.table({"mentee": [3, 1, 2, 2], "mentor": [7, 7, 7, 9], "value": pa.array([3, 2, 4, 9], pa.float32())}),
        wishes,
    )
    pq.write_table(pa.table({"mentor": [7], "capacity": pa.array([2], pa.int32())}), room)
    out, report = tmp_path / "pairs.parquet", tmp_path / "report.json"
    prices = tmp_path / "prices.parquet"
    done = bandmate("pair", wishes, room, "--out", out, "--report", report, "--prices", prices)
    assert done.returncode == 0, done.stderr
    assert pq.read_table(prices).to_pydict() == {"mentor": [7], "price": [2.0], "wanted": [3]}
    table = pq.read_table(out)
    assert table.to_pydict() == {"mentee": [2, 3], "mentor": [7, 7], "value": [4.0, 3.0]}
    assert [str(kind) for kind in table.schema.types] == ["int64", "int64", "float"]
    told = json.loads(report.read_text())
    measured = {"seconds", "peak_memory_bytes"}
    assert {name: told[name] for name in told.keys() - measured} == {
        "matched": 2,
        "unmatched": 1,
        "value": 7.0,
        "bound": 7.0,
        "optimal": True,
        "ranks": {"1": 2},
        "blocking_pairs": 0,
        "places_left": 0,
    }


def test_other_commands_do_not_load_the_engine() -> None:
    """Neither compiler nor solvers are imported before a command needs them."""
    program = (
        "import sys, bandmate.cli; "
        "print([each for each in ('numba', 'scipy', 'ortools', 'llvmlite') if each in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
