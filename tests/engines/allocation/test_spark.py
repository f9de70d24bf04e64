"""The same plan from a Spark cluster; run by ``make spark``, not with the other tests (it installs 450 MB)."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.engines.allocation.families import generate
from tests.engines.allocation.test_commands import write_candidates

from bandmate.engines.allocation import allocate
from bandmate.engines.allocation.blocks import BLOCK_PERSONS, edges_of
from bandmate.engines.allocation.errors import InvalidProblem
from bandmate.engines.allocation.problem import Limits

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("default"), pytest.mark.timeout(1200)]

SHORT_LIVED = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""Half of the processors' time of so short a run would go into compiling what runs a few times."""
SETTINGS = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": SHORT_LIVED,
    "spark.executor.extraJavaOptions": SHORT_LIVED,
    "spark.task.maxFailures": "1",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """A standalone cluster of a master and two workers on this machine, each worker with executors of its own."""
    if shutil.which("java") is None:
        pytest.skip("there is no Java on this machine")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed; make spark installs it")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        # Else the master and the workers listen for everybody.
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        asked = sql.SparkSession.builder.master("local-cluster[2,1,1024]").config(map=SETTINGS)
        path = os.pathsep.join(path for path in sys.path if path)
        made = asked.config("spark.executorEnv.PYTHONPATH", path).getOrCreate()
        yield made
        made.stop()


def test_the_plan_is_that_of_one_machine(session: Any, tmp_path: Path) -> None:
    """Two workers choose what threads choose: the same marks, prices, value and bound, bit for bit."""
    from bandmate.engines.allocation.spark import allocate_on_spark  # noqa: PLC0415 - only where Spark is

    candidates, limits = generate("groups", 20_000)
    write_candidates(tmp_path / "candidates.parquet", candidates, limits)
    here = allocate(candidates, limits)
    # In several files, so that both workers read.
    session.read.parquet(str(tmp_path / "candidates.parquet")).repartition(4).write.parquet(
        str(tmp_path / "parts")
    )
    there, choices = allocate_on_spark(session.read.parquet(str(tmp_path / "parts")), limits)
    assert there.chosen.tobytes() == here.chosen.tobytes()
    assert (there.objective, there.bound, there.rows) == (here.objective, here.bound, here.rows)
    choices.write.parquet(str(tmp_path / "plan"))
    table = pq.read_table(tmp_path / "plan").sort_by([("person", "ascending"), ("option", "ascending")])
    places = np.flatnonzero(here.chosen)
    person = np.repeat(candidates.person, np.diff(candidates.first))
    assert table["person"].to_pylist() == person[places].tolist()
    assert table["option"].to_pylist() == candidates.option[places].tolist()
    assert table["value"].to_numpy().tobytes() == candidates.value[places].tobytes()


def test_both_workers_are_asked(session: Any, tmp_path: Path) -> None:
    """The blocks lie with two executors, each a process of its own beside the driver."""
    from bandmate.engines.allocation.spark import SparkBlocks  # noqa: PLC0415 - as above

    candidates, limits = generate("plain", 5 * BLOCK_PERSONS, options=1)
    write_candidates(tmp_path / "candidates.parquet", candidates, limits)
    blocks = SparkBlocks(session.read.parquet(str(tmp_path / "candidates.parquet")), limits)
    assert blocks.ask(len) == [len(candidates.between(*edge)) for edge in edges_of(candidates.persons)]
    # Python workers are forked, one process for each executor; only what is defined within can travel from a test.
    forked_from = blocks.ask(lambda _: os.getppid())
    assert len(set(forked_from)) == 2
    assert os.getpid() not in forked_from
    blocks.release()


def test_what_is_wrong_is_said(session: Any) -> None:
    """A missing column, an option that is there twice and an empty cell are refused in words."""
    from bandmate.engines.allocation.spark import SparkBlocks  # noqa: PLC0415 - as above

    limits = Limits(1, ())
    lines = [(1, 2, 0.5), (1, 2, 0.25)]
    with pytest.raises(InvalidProblem, match="no column 'value'"):
        SparkBlocks(session.createDataFrame(lines, "person long, option int, worth float"), limits)
    with pytest.raises(Exception, match="holds the option 2 twice for the person 1"):
        SparkBlocks(session.createDataFrame(lines, "person long, option int, value float"), limits)
    with pytest.raises(Exception, match="The column 'value' of The table is empty"):
        SparkBlocks(session.createDataFrame([(1, 2, None)], "person long, option int, value float"), limits)


def test_nobody(session: Any) -> None:
    """A table without a line gets the plan that one machine makes of it."""
    from bandmate.engines.allocation.spark import allocate_on_spark  # noqa: PLC0415 - as above

    empty = session.createDataFrame([], "person long, option int, value float")
    plan, choices = allocate_on_spark(empty, Limits(1, ()))
    assert (len(plan.chosen), plan.objective, plan.bound, choices.count()) == (0, 0.0, 0.0, 0)
