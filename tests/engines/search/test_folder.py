"""An index in a folder: other processes, sudden death, other schemas, damage."""

from __future__ import annotations

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent
from time import monotonic, sleep

import pytest

from bandmate.engines.search import (
    Field,
    IndexBusy,
    IndexStale,
    IndexUnusable,
    IndexWriter,
    Kind,
    Query,
    Schema,
    SearchIndex,
)

MEMORY = 15_000_000
SIMPLE = Schema((Field("title", Kind.TEXT, boost=2.0),))

WRITE_FOREVER = """
    import sys
    from pathlib import Path
    from bandmate.engines.search import Field, IndexWriter, Kind, Schema

    schema = Schema((Field("title", Kind.TEXT, boost=2.0),))
    writer = IndexWriter.open(Path(sys.argv[1]), schema, memory=15_000_000)
    for batch in range(1_000_000):
        for number in range(200):
            writer.upsert(f"{batch}/{number}", batch, {"title": f"posting {batch} " + "words " * 50})
        writer.commit(str(batch))
        print(batch, flush=True)
"""


def written(folder: Path, schema: Schema = SIMPLE, count: int = 3, mark: str = "first") -> None:
    """Build a small index in ``folder``."""
    with IndexWriter.open(folder, schema, memory=MEMORY) as writer:
        for number in range(count):
            writer.upsert(str(number), 1, {"title": f"posting {number}"})
        writer.commit(mark)


@pytest.mark.parametrize("pause", [0.0, 0.013, 0.05, 0.11])
def test_a_killed_writer_leaves_the_last_commit_and_its_lock_free(tmp_path: Path, pause: float) -> None:
    """After kill -9 at any moment the index answers from a whole commit, and another writer can go on."""
    command = [sys.executable, "-c", dedent(WRITE_FOREVER), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = 0
        for line in process.stdout:
            seen = int(line)
            if seen >= 2:
                break
        sleep(pause)
        process.send_signal(signal.SIGKILL)
    index = SearchIndex.open(tmp_path, SIMPLE)
    last = int(index.mark() or -1)
    assert last >= seen
    assert index.count() == index.search(Query("posting", limit=0)).total == (last + 1) * 200
    with IndexWriter.open(tmp_path, SIMPLE, memory=MEMORY) as writer:
        writer.upsert("next", 1, {"title": "survivor"})
        writer.commit("after")
    assert (index.search(Query("survivor")).ids, index.mark()) == (("next",), "after")


def test_a_commit_of_another_process_is_seen_at_once(tmp_path: Path) -> None:
    """A reader needs no reload call: half a second after the commit at the latest it answers from it."""
    written(tmp_path)
    index = SearchIndex.open(tmp_path, SIMPLE)
    assert index.search(Query("posting")).total == 3
    command = [sys.executable, "-c", dedent(WRITE_FOREVER), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        heard = monotonic()
        while index.count() < 203 and monotonic() < heard + 0.5:
            sleep(0.01)
        process.kill()
    assert index.count() >= 203


def test_there_is_one_writer(tmp_path: Path) -> None:
    """A second writer is refused until the first has closed."""
    with IndexWriter.open(tmp_path, SIMPLE, memory=MEMORY), pytest.raises(IndexBusy):
        IndexWriter.open(tmp_path, SIMPLE, memory=MEMORY)
    IndexWriter.open(tmp_path, SIMPLE, memory=MEMORY).close()


def test_a_folder_of_another_schema_is_stale(tmp_path: Path) -> None:
    """Neither reader nor writer touches it; the error says to rebuild."""
    written(tmp_path)
    other = Schema((Field("title", Kind.KEYWORD),))
    with pytest.raises(IndexStale, match="Rebuild it"):
        SearchIndex.open(tmp_path, other)
    with pytest.raises(IndexStale, match="Rebuild it"):
        IndexWriter.open(tmp_path, other, memory=MEMORY)


def test_a_stale_folder_is_rebuilt(tmp_path: Path) -> None:
    """Rebuild starts from nothing with the new schema; a reader of the old one is told."""
    written(tmp_path)
    old = SearchIndex.open(tmp_path, SIMPLE)
    newer = Schema(SIMPLE.fields, version=2)
    with IndexWriter.rebuild(tmp_path, newer, memory=MEMORY) as writer:
        writer.upsert("new", 1, {"title": "posting"})
        writer.commit("rebuilt")
    assert SearchIndex.open(tmp_path, newer).search(Query("posting")).ids == ("new",)
    with pytest.raises(IndexStale):
        old.search(Query("posting"))


def test_a_rebuild_of_the_same_schema_goes_on_answering(tmp_path: Path) -> None:
    """Until the first commit of a rebuild, readers see the old documents."""
    written(tmp_path)
    index = SearchIndex.open(tmp_path, SIMPLE)
    with IndexWriter.rebuild(tmp_path, SIMPLE, memory=MEMORY) as writer:
        writer.upsert("new", 1, {"title": "posting"})
        assert (index.count(), index.mark()) == (3, "first")
        writer.commit("rebuilt")
    assert (index.search(Query("posting")).ids, index.mark()) == (("new",), "rebuilt")


def test_a_folder_being_written_is_not_wiped(tmp_path: Path) -> None:
    """A rebuild for another schema is refused while a writer is at work."""
    with IndexWriter.open(tmp_path, SIMPLE, memory=MEMORY) as writer:
        with pytest.raises(IndexBusy):
            IndexWriter.rebuild(tmp_path, Schema(SIMPLE.fields, version=2), memory=MEMORY)
        writer.upsert("1", 1, {"title": "posting"})
        writer.commit("done")
    assert SearchIndex.open(tmp_path, SIMPLE).count() == 1


def test_a_folder_of_other_things_is_never_wiped(tmp_path: Path) -> None:
    """A mistaken path costs nobody a file."""
    (tmp_path / "thesis.txt").write_text("three years of work")
    with pytest.raises(IndexUnusable, match=r"thesis\.txt"):
        IndexWriter.rebuild(tmp_path, SIMPLE, memory=MEMORY)
    assert (tmp_path / "thesis.txt").read_text() == "three years of work"


def test_a_missing_or_empty_folder_is_no_index(tmp_path: Path) -> None:
    """A reader never creates anything."""
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(IndexUnusable, match="Rebuild it"):
            SearchIndex.open(folder, SIMPLE)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_goes_away_is_told(tmp_path: Path) -> None:
    """A reader whose folder is removed says so at the next question."""
    written(tmp_path)
    index = SearchIndex.open(tmp_path, SIMPLE)
    for each in tmp_path.iterdir():
        each.unlink()
    with pytest.raises(IndexUnusable, match="has gone"):
        index.search(Query("posting"))


@pytest.mark.parametrize("ending", ["meta.json", "about.json", ".term", ".idx", ".fast", ".store", ".fieldnorm"])
@pytest.mark.parametrize("kept", [0, 10])
def test_a_cut_off_file_is_told_and_mended_by_a_rebuild(tmp_path: Path, ending: str, kept: int) -> None:
    """An index with a truncated file is not read; a rebuild makes it whole."""
    written(tmp_path)
    for each in tmp_path.glob(f"*{ending}"):
        each.write_bytes(each.read_bytes()[:kept])
    with pytest.raises(IndexUnusable, match="Rebuild it"):
        SearchIndex.open(tmp_path, SIMPLE).search(Query("posting"))
    with IndexWriter.rebuild(tmp_path, SIMPLE, memory=MEMORY) as writer:
        writer.upsert("new", 1, {"title": "posting"})
        writer.commit("rebuilt")
    assert SearchIndex.open(tmp_path, SIMPLE).search(Query("posting")).ids == ("new",)


def test_many_threads_ask_while_one_writes(tmp_path: Path) -> None:
    """Each answer is of one commit: total, ids and counts never mix two."""
    written(tmp_path, count=0)
    index = SearchIndex.open(tmp_path, SIMPLE)

    def ask(_: int) -> bool:
        answer = index.search(Query("posting", limit=1_000))
        return len(answer.ids) == answer.total and answer.total % 10 == 0

    with IndexWriter.open(tmp_path, SIMPLE, memory=MEMORY) as writer, ThreadPoolExecutor(4) as pool:
        answers = []
        for batch in range(10):
            for number in range(10):
                writer.upsert(f"{batch}/{number}", 1, {"title": "posting"})
            writer.commit(str(batch))
            answers += [pool.submit(ask, each) for each in range(10)]
        assert all(each.result() for each in answers)
    assert index.count() == 100
