"""Static files: vendored ones are what they claim to be, and all can be kept for good."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bandmate.kernel.web.assets import SHELL_STATIC, Assets
from bandmate.kernel.web.icons import icon

VENDOR = SHELL_STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text())


def test_vendored_files_have_the_recorded_hash() -> None:
    """Every vendored file has the SHA-256 that the manifest records."""
    recorded = {name: digest for package in MANIFEST for name, digest in package["files"].items()}
    actual = {name: hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() for name in recorded}
    assert actual == recorded


def test_every_vendored_file_is_recorded() -> None:
    """No file lies in the vendor folder that the manifest does not name with package, version and licence."""
    recorded = {name for package in MANIFEST for name in package["files"]}
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert found - {"manifest.json"} == recorded
    assert all(package["name"] and package["version"] and package["licence"] for package in MANIFEST)


def test_an_asset_is_kept_for_good(client: TestClient) -> None:
    """The address of an asset holds its hash, so its answer is immutable."""
    answer = client.get(Assets().url("shell.css"))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_an_old_address_gives_the_present_file(client: TestClient) -> None:
    """A page from before an update gets today's file, which it does not keep under the old address."""
    answer = client.get("/static/0123456789abcdef/shell.js")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


def test_an_unchanged_asset_is_not_sent_again(client: TestClient) -> None:
    """A request that names the present ETag is answered 304 without a body."""
    address = Assets().url("tokens.css")
    etag = client.get(address).headers["ETag"]
    again = client.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("path", ["/static/x/nothing.css", "/static/x/../assets.py", "/static/x/%2e%2e/assets.py"])
def test_only_known_files_are_served(client: TestClient, path: str) -> None:
    """Whatever the path, nothing outside of the static folder is read."""
    assert client.get(path).status_code == 404


def test_a_context_adds_its_own_files(tmp_path: Path) -> None:
    """A context's files are known under its name."""
    (tmp_path / "player.js").write_text("1;")
    assert Assets({"music": tmp_path}).url("music/player.js").endswith("/music/player.js")


def test_an_unknown_asset_is_an_error() -> None:
    """A template that names a file that does not exist fails instead of linking to nothing."""
    with pytest.raises(LookupError, match=r"nothing\.css"):
        Assets().url("nothing.css")


def test_a_labelled_icon_is_an_image_with_that_name() -> None:
    """An icon without text beside it has an accessible name, escaped."""
    assert 'role="img" aria-label="Close &lt;b&gt;"' in icon("x", "Close <b>")


def test_a_plain_icon_is_hidden_from_readers() -> None:
    """An icon beside its text is not read out."""
    assert 'aria-hidden="true"' in icon("x")


def test_an_unknown_icon_is_an_error() -> None:
    """A name that is not vendored fails, also one that leaves the folder."""
    for name in ("no-such-icon", "../manifest"):
        with pytest.raises(LookupError):
            icon(name)
