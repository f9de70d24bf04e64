"""Archives of every kind behave alike: in a folder, and in a store that speaks S3 on loopback."""

from __future__ import annotations

import gzip
import hashlib
import io
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from tests.postings.boards_in_shape import LEVER, Look, lever_board, lever_posting, tell

from bandmate.kernel.archive import Archive, ArchiveDamaged, RemotePlace, open_archive, parse_place, remote
from bandmate.kernel.config import Settings
from bandmate.kernel.database.session import Database
from bandmate.kernel.errors import InvalidInput, NotFound, Unavailable
from bandmate.postings.derivation import LaunchScope
from bandmate.postings.domain.lifecycle import Outcome
from bandmate.postings.observations import RUNS, Observation, read_observations, record
from bandmate.postings.replay import replay

PAYLOAD = b'{"jobs": ["luthier"]}'
SHA = hashlib.sha256(PAYLOAD).hexdigest()
PATH = f"raw/provider=lever/board=h\u00f6r zu/date=2026-01-02/2026-01-02T03-04-05-000Z-{SHA}.json.gz"

Make = Callable[[str], Archive]

_numbers = count()


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """The address of an S3 store of this test's own."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hand the store its credentials as an operator would, and keep those of this machine's user out."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "somebody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "something")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.fixture
def place(store: str) -> RemotePlace:
    """A bucket of this test's own."""
    bucket = f"band-{next(_numbers)}"
    boto3.client("s3", endpoint_url=store).create_bucket(Bucket=bucket)
    return RemotePlace(bucket, "archive/of boards", store)


@pytest.fixture(params=["folder", "s3"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    """An empty archive."""
    if request.param == "folder":
        return open_archive(tmp_path / "archive")
    return open_archive(request.getfixturevalue("place"))


class TestEveryArchive:
    def test_what_is_written_is_read(self, archive: Archive) -> None:
        """A payload comes back byte for byte; it is stored compressed where its name says so."""
        assert not archive.has(PATH)
        archive.write(PATH, PAYLOAD)
        assert archive.has(PATH)
        assert archive.read(PATH, SHA) == PAYLOAD
        stored = archive.stored(PATH)
        assert stored is not None
        assert gzip.decompress(stored) == PAYLOAD

    def test_what_is_there_stays(self, archive: Archive) -> None:
        """A second payload under one name is not taken."""
        archive.write(PATH, PAYLOAD)
        archive.write(PATH, b"something else")
        assert archive.read(PATH, SHA) == PAYLOAD

    def test_what_is_not_there_is_said(self, archive: Archive) -> None:
        """Nothing is found, nothing is read, no log has lines."""
        with pytest.raises(NotFound, match="has no payload"):
            archive.read(PATH, SHA)
        assert archive.stored(PATH) is None
        assert not archive.has_log(RUNS)
        assert list(archive.lines(RUNS)) == []
        assert list(archive.files()) == []

    @pytest.mark.parametrize("path", ["/etc/passwd", "../other/secret", "raw/../../secret"])
    def test_no_path_leads_out(self, archive: Archive, path: str) -> None:
        """A path that leaves the archive is refused by every way in."""
        for way in (
            lambda: archive.has(path),
            lambda: archive.write(path, b""),
            lambda: archive.read(path, SHA),
            lambda: archive.stored(path),
            lambda: archive.append_lines(path, [b"x"]),
            lambda: list(archive.lines(path)),
            lambda: archive.put_stored(path, io.BytesIO(), 0),
        ):
            with pytest.raises(ArchiveDamaged, match="outside"):
                way()

    @pytest.mark.parametrize(
        "stored",
        [b"no gzip", gzip.compress(PAYLOAD)[:-9], gzip.compress(b"another")],
        ids=["no gzip", "cut off", "another payload"],  # gzip writes the time, and ids must be the same everywhere
    )
    def test_damage_is_found(self, archive: Archive, stored: bytes) -> None:
        """What is no gzip, was cut off, or is another payload is named, never handed out."""
        archive.put_stored(PATH, io.BytesIO(stored), len(stored))
        with pytest.raises(ArchiveDamaged, match=SHA):
            archive.read(PATH, SHA)

    def test_a_stream_that_ends_early_is_not_stored(self, archive: Archive) -> None:
        """Fewer bytes than announced leave nothing behind."""
        with pytest.raises(ArchiveDamaged, match="should have 9 bytes"):
            archive.put_stored(PATH, io.BytesIO(b"1234"), 9)
        assert not archive.has(PATH)
        assert list(archive.files()) == []

    def test_a_log_keeps_its_order(self, archive: Archive) -> None:
        """Lines come back in the order they were appended."""
        archive.append_lines(RUNS, [b"1", b"2"])
        archive.append_lines(RUNS, [])
        archive.append_lines(RUNS, [b"3"])
        assert archive.has_log(RUNS)
        assert list(archive.lines(RUNS)) == [b"1\n", b"2\n", b"3\n"]

    def test_many_append_at_once(self, archive: Archive) -> None:
        """No line is lost or torn when eight threads append."""
        wanted = {f"{writer}-{number}".encode() for writer in range(8) for number in range(5)}
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda line: archive.append_lines(RUNS, [line]), wanted))
        lines = [line.strip() for line in archive.lines(RUNS)]
        assert (len(lines), set(lines)) == (40, wanted)

    def test_many_write_one_payload(self, archive: Archive) -> None:
        """Eight threads that store one payload leave one, whole."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: archive.write(PATH, PAYLOAD), range(8)))
        assert archive.read(PATH, SHA) == PAYLOAD
        assert [file.path for file in archive.files()] == [PATH]

    def test_files_are_listed_logs_first(self, archive: Archive) -> None:
        """Whoever copies in this order never has a line without its payload; sizes are those of the stored."""
        archive.write(PATH, PAYLOAD)
        archive.append_lines(RUNS, [b"{}"])
        files = list(archive.files())
        assert [file.path == PATH for file in files] == [False, True]
        stored = archive.stored(PATH)
        assert stored is not None
        assert files[1].size == len(stored)

    def test_payloads_are_adopted(self, archive: Archive, tmp_path: Path) -> None:
        """Another archive's payloads come over byte for byte; what it lacks is passed over."""
        other = open_archive(tmp_path / "other")
        other.write(PATH, PAYLOAD)
        archive.adopt(other, [PATH, "raw/nothing.json"])
        assert archive.stored(PATH) == other.stored(PATH)
        assert not archive.has("raw/nothing.json")

    def test_a_probe_leaves_nothing(self, archive: Archive) -> None:
        """Looking whether the archive works changes nothing in it."""
        archive.probe()
        assert list(archive.files()) == []

    def test_the_same_place_is_the_same_archive(self, archive: Archive) -> None:
        """Two archives of one place know that they are one."""
        assert open_archive(archive.place).place == archive.place


class TestS3:
    def test_listing_is_paged(self, place: RemotePlace, monkeypatch: pytest.MonkeyPatch) -> None:
        """More objects than one page holds are all listed, once each, in order."""
        monkeypatch.setattr(remote, "_PAGE", 3)
        archive = open_archive(place)
        names = [f"raw/{number:03}.json" for number in range(11)]
        for name in names:
            archive.write(name, b"{}")
        assert [file.path for file in archive.files()] == names

    def test_a_store_that_is_away_is_a_clear_error(self, tmp_path: Path) -> None:
        """Nobody answers: one sentence that names the place; nothing was recorded."""
        away = open_archive(RemotePlace("band", "", "http://127.0.0.1:9"))
        with pytest.raises(Unavailable, match=r"s3://band does not answer.*nothing was recorded"):
            away.write(PATH, PAYLOAD)
        with pytest.raises(Unavailable):
            list(away.files())
        with pytest.raises(Unavailable):
            away.probe()

    def test_a_missing_bucket_is_a_clear_error(self, store: str) -> None:
        """A bucket that does not exist is not an empty archive."""
        nowhere = open_archive(RemotePlace("nowhere", "", store))
        with pytest.raises(Unavailable, match="s3://nowhere"):
            nowhere.append_lines(RUNS, [b"{}"])

    def test_a_failed_upload_records_nothing(self, place: RemotePlace, monkeypatch: pytest.MonkeyPatch) -> None:
        """When the payload cannot be stored, no line says that it was; once the store is back, all goes on."""
        archive = open_archive(place)
        observation = Observation(LEVER, Look(0, b"").at, Outcome.COMPLETE, 200, None, None, None, None, None)
        with monkeypatch.context() as broken:
            broken.setattr("s3fs.S3FileSystem.pipe_file", _refuse)
            with pytest.raises(Unavailable, match="disk quota"):
                record(archive, observation, PAYLOAD)
        assert not archive.has_log(RUNS)
        recorded = record(archive, observation, PAYLOAD)
        assert archive.read(str(recorded.path), SHA) == PAYLOAD

    def test_opening_asks_nobody(self) -> None:
        """An archive is opened without a call, and a program with a folder never loads the client."""
        open_archive(RemotePlace("band", "", "http://127.0.0.1:9"))
        code = "import sys, bandmate.kernel.archive; print('s3fs' in sys.modules, 'botocore' in sys.modules)"
        said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert said.stdout.split() == ["False", "False"]

    def test_processes_share_it(self, place: RemotePlace) -> None:
        """What two processes append to a log stands there in the order of time."""
        archive = open_archive(place)
        archive.append_lines(RUNS, [b"parent"])
        code = (
            "from bandmate.kernel.archive import RemotePlace, open_archive\n"
            f"open_archive({place!r}).append_lines({RUNS!r}, [b'child'])"
        )
        subprocess.run([sys.executable, "-c", code], check=True)
        assert list(archive.lines(RUNS)) == [b"parent\n", b"child\n"]


def _refuse(*_: object, **__: object) -> None:
    raise OSError("disk quota exceeded")


class TestReplay:
    def test_a_board_lives_in_s3(self, database: Database, place: RemotePlace, tmp_path: Path) -> None:
        """Replayed into S3 and out of it again, an archive is the same runs and finds every one recorded."""
        tell(
            tmp_path / "told", [Look(0, lever_board(lever_posting("a"))), Look(9, lever_board(lever_posting("b")))]
        )
        scope = LaunchScope("all", (), ())
        first = replay(database, tmp_path / "told", place, scope, processes=1)
        assert (first.counts.runs, first.counts.failed) == (2, 0)
        assert read_observations(place) == read_observations(tmp_path / "told")
        again = replay(database, place, place, scope, processes=1)
        assert (again.counts.runs, again.counts.repeated) == (0, 2)


class TestSetting:
    def test_a_folder_or_a_bucket(self) -> None:
        """BANDMATE_ARCHIVE is a folder or a bucket with a prefix; unset, the archive lies in the home."""
        assert Settings(home=Path("/h")).archive_place == Path("/h/archive")
        assert Settings(archive="~/big").archive_place == Path.home() / "big"
        chosen = Settings(archive="s3://band/boards/", archive_endpoint="http://store:9000")
        assert chosen.archive_place == RemotePlace("band", "boards", "http://store:9000")

    @pytest.mark.parametrize("written", ["gs://band", "s3://", "s3:///x", "s3://key:secret@band/x", "http://x/y"])
    def test_what_is_no_archive_is_refused(self, written: str) -> None:
        """Other schemes, no bucket, and credentials in the address are refused without repeating them."""
        with pytest.raises(InvalidInput) as refused:
            parse_place(written)
        assert "secret@" not in refused.value.detail
