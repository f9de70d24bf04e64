"""The encoder, its adapter and what is kept on disk."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bandmate.engines.skills import Encoder, ModelAbsent, Store, embedding, models, open_encoder
from bandmate.engines.skills.adapter import Adapter, adapted_model, read_adapter, write_adapter
from bandmate.engines.skills.storage import vectors

SHAPES = [(384, 384)] * 4 + [(384, 1536), (1536, 384)]


def adapter(path: Path, size: float) -> Path:
    """Write an adapter of the right shape that changes weights by about ``size``."""
    draw = np.random.default_rng(7)
    write_adapter(
        path,
        [
            (draw.normal(0, size, (a, 2)).astype(np.float32), draw.normal(0, size, (2, b)).astype(np.float32))
            for _ in range(6)
            for a, b in SHAPES
        ],
        {"inner.encoder.layer.0.output.dense.bias": np.zeros(384, np.float32)},
    )
    return path


class TestEncoder:
    def test_company_changes_no_vector(self, encoder: Encoder) -> None:
        """A text gets the same vector alone and among others, whatever their length."""
        texts = ["sound engineer", "", "a " * 400, "luthier"]
        together = encoder.encode(texts)
        alone = np.concatenate([encoder.encode([text]) for text in texts])
        assert np.abs(together - alone).max() < 1e-4
        assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)

    def test_meaning_is_nearer_than_chance(self, encoder: Encoder) -> None:
        """The recipe of tokens, pooling and weights is right only if likes are near (0.75 and 0.24 published)."""
        one, like, other = encoder.encode(["audio engineer", "recording engineer", "nurse"])
        assert one @ like > 0.6
        assert one @ other < 0.4

    def test_an_adapter_changes_the_model_and_its_version(self, encoder: Encoder, tmp_path: Path) -> None:
        """A trained artefact is used when it is there, and vectors of different versions never mix."""
        adapter(tmp_path / models.ADAPTER, 0.05)
        adapted = open_encoder(tmp_path, pytest.fail)
        assert adapted is not None
        assert adapted.version != encoder.version
        assert np.abs(adapted.encode(["luthier"]) - encoder.encode(["luthier"])).max() > 0.01

    def test_matrices_of_an_adapter_reach_the_model(self, tmp_path: Path) -> None:
        """Not only its vectors: what is multiplied out when a model is loaded is multiplied out anew."""
        held = read_adapter(adapter(tmp_path / "matrices.npz", 0.2))
        model = embedding.packaged_model()
        adapted = Encoder(model, Adapter(held.version, held.products, {}))
        assert (adapted.encode(["tour manager"]) @ Encoder(model).encode(["tour manager"]).T).item() < 0.9

    def test_the_package_keeps_its_model(self, tmp_path: Path) -> None:
        """An adapter changes a copy in memory."""
        held = read_adapter(adapter(tmp_path / "matrices.npz", 0.05))
        before = embedding.packaged_model().read_bytes()
        assert adapted_model(embedding.packaged_model(), held) != before
        assert embedding.packaged_model().read_bytes() == before

    def test_an_adapter_of_nothing_changes_next_to_nothing(self, tmp_path: Path) -> None:
        """Taking weights apart and putting them together costs less than a thousandth."""
        path = adapter(tmp_path / "none.npz", 0.0)
        held = read_adapter(path)
        model = embedding.packaged_model()
        same, encoder = Encoder(model, Adapter(held.version, held.products, {})), Encoder(model)
        assert (same.encode(["tour manager"]) @ encoder.encode(["tour manager"]).T).item() > 0.999

    def test_a_damaged_adapter_leaves_words_alone_with_a_notice(self, tmp_path: Path) -> None:
        """The program says so and goes on without the model."""
        (tmp_path / models.ADAPTER).write_bytes(b"PK broken")
        told: list[str] = []
        assert open_encoder(tmp_path, told.append) is None
        assert "damaged" in told[0]

    def test_without_the_model_there_is_a_notice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The sentence names the package."""

        def absent() -> Path:
            raise ModelAbsent("The package onnxruntime is not installed.")

        monkeypatch.setattr(models, "packaged_model", absent)
        told: list[str] = []
        assert open_encoder(None, told.append) is None
        assert "onnxruntime" in told[0]


class TestStore:
    def test_what_is_kept_is_not_made_again(self, encoder: Encoder, tmp_path: Path) -> None:
        """The second time vectors come from the disk."""
        store = Store(tmp_path)
        first = np.array(vectors(store, "few", ["a", "b"], encoder))
        kept = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
        assert np.array_equal(first, vectors(store, "few", ["a", "b"], encoder))
        assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")} == kept

    def test_makers_at_the_same_time_leave_one_whole_product(self, tmp_path: Path) -> None:
        """Whoever comes second throws its own away; nothing else stays behind."""
        store = Store(tmp_path)

        def make(folder: Path) -> None:
            (folder / "content").write_text("whole")

        with ThreadPoolExecutor(8) as pool:
            places = list(pool.map(lambda _: store.product("thing", make), range(32)))
        assert {(place / "content").read_text() for place in places} == {"whole"}
        assert [path.name for path in tmp_path.iterdir()] == ["thing"]

    def test_a_maker_that_fails_leaves_nothing(self, tmp_path: Path) -> None:
        """The next one starts anew."""

        def fail(folder: Path) -> None:
            (folder / "half").touch()
            raise RuntimeError

        with pytest.raises(RuntimeError):
            Store(tmp_path).product("thing", fail)
        assert list(tmp_path.iterdir()) == []
