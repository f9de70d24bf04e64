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

pytestmark = [pytest.mark.spark, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """A standalone cluster of a master and two workers on this machine, each worker with executors of its own."""
    if shutil.which("java") is None:
        pytest.skip("there is no Java on this machine")
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed; make spark installs it")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    made = (
        sql.SparkSession.builder.master("local-cluster[2,1,1024]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.executorEnv.PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
        .getOrCreate()
    )
    yield made
    made.stop()


def test_the_plan_is_that_of_one_machine(session: Any, tmp_path: Path) -> None:
    """Two workers choose what threads choose: the same marks, prices, value and bound, bit for bit."""
    from bandmate.engines.allocation.spark import allocate_on_spark  # noqa: PLC0415 - only where Spark is

    candidates, limits = generate("groups", 20_000)
    write_candidates(tmp_path / "candidates.parquet", candidates, limits)
    here = allocate(candidates, limits)
    there, choices = allocate_on_spark(session.read.parquet(str(tmp_path / "candidates.parquet")), limits)
    assert there.chosen.tobytes() == here.chosen.tobytes()
    assert (there.objective, there.bound, there.rows) == (here.objective, here.bound, here.rows)
    choices.write.parquet(str(tmp_path / "plan"))
    table = pq.read_table(tmp_path / "plan").sort_by([("person", "ascending"), ("option", "ascending")])
    places = np.flatnonzero(here.chosen)
    person = np.repeat(candidates.person, np.diff(candidates.first))
    assert table["person"].to_pylist() == person[places].tolist()
    assert table["option"].to_pylist() == candidates.option[places].tolist()
    assert session.sparkContext.getConf().get("spark.master").startswith("local-cluster[2,")
