"""Vector search: exact for few, measured against exact for many, and only among those who may be found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bandmate.engines.skills import NearestIndex, build_nearest, open_nearest
from bandmate.engines.skills.embedding import unit
from bandmate.engines.skills.nearest import exact, shared

SIZE, WIDTH = 6_000, 32


@pytest.fixture(scope="module")
def items() -> NDArray[np.float32]:
    """Vectors in loose groups, as those of texts are."""
    draw = np.random.default_rng(5)
    centres = draw.normal(size=(60, WIDTH))
    return unit((centres[draw.integers(60, size=SIZE)] + 0.6 * draw.normal(size=(SIZE, WIDTH))).astype(np.float32))


@pytest.fixture(scope="module")
def queries(items: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors near to some of them."""
    draw = np.random.default_rng(6)
    near = items[draw.integers(SIZE, size=50)] + 0.1 * draw.normal(size=(50, WIDTH))
    return unit(near.astype(np.float32))


@pytest.fixture(scope="module")
def lists(items: NDArray[np.float32]) -> NearestIndex:
    """An approximate index over them."""
    return build_nearest(items, exact_up_to=0)


class TestExact:
    def test_it_is_what_sorting_all_would_give(
        self, items: NDArray[np.float32], queries: NDArray[np.float32]
    ) -> None:
        """Across blocks, one by one and together."""
        index = build_nearest(items)
        ids, scores = index.search(queries, 7)
        right = np.argsort(-(queries @ items.T), axis=1, kind="stable")[:, :7]
        assert np.array_equal(ids, right)
        assert np.allclose(scores, np.take_along_axis(queries @ items.T, right, 1), atol=1e-6)
        assert np.array_equal(np.concatenate([index.search(query[None], 7)[0] for query in queries]), ids)
        assert index.recall == 1

    @pytest.mark.parametrize("share", [0.05, 0.9])
    def test_only_who_is_allowed_is_found(
        self, items: NDArray[np.float32], queries: NDArray[np.float32], share: float
    ) -> None:
        """Few or many: the nearest of those."""
        allowed = np.random.default_rng(1).random(SIZE) < share
        right = np.argsort(np.where(allowed, -(queries @ items.T), 9), axis=1, kind="stable")[:, :5]
        assert np.array_equal(build_nearest(items).search(queries, 5, allowed)[0], right)

    def test_equals_come_in_the_order_of_their_ids(self) -> None:
        """Ties are not left to chance."""
        same = np.full((5, 4), 0.5, np.float32)
        assert build_nearest(same).search(same[:1], 5)[0].tolist() == [[0, 1, 2, 3, 4]]


class TestLists:
    def test_recall_is_measured_and_reached(
        self, lists: NearestIndex, items: NDArray[np.float32], queries: NDArray[np.float32]
    ) -> None:
        """By less than looking into all lists, for queries that it was not built with too."""
        assert lists.recall >= 0.95
        assert lists.probes < len(lists.centres) / 2
        assert shared(lists.search(queries, 10)[0], exact(items, queries, 10)[0]) > 0.9

    def test_scores_are_those_of_the_vectors(
        self, lists: NearestIndex, items: NDArray[np.float32], queries: NDArray[np.float32]
    ) -> None:
        """What is found bears its id and its true cosine."""
        ids, scores = lists.search(queries, 10)
        assert np.allclose((items[ids] * queries[:, None]).sum(2), scores, atol=1e-5)

    @pytest.mark.parametrize("count", [3, 300])
    def test_few_who_are_allowed_are_all_found(
        self, lists: NearestIndex, items: NDArray[np.float32], queries: NDArray[np.float32], count: int
    ) -> None:
        """However far away their lists are."""
        allowed = np.zeros(SIZE, bool)
        allowed[np.random.default_rng(2).permutation(SIZE)[:count]] = True
        found, right = lists.search(queries, 10, allowed)[0], exact(items, queries, 10, allowed)[0]
        assert shared(found, right) > 0.98
        assert (found == -1).sum() == len(queries) * max(10 - count, 0)

    def test_the_same_vectors_give_the_same_index(
        self, lists: NearestIndex, items: NDArray[np.float32], queries: NDArray[np.float32]
    ) -> None:
        """K-means begins with a seed."""
        assert np.array_equal(
            build_nearest(items, exact_up_to=0).search(queries, 9)[0], lists.search(queries, 9)[0]
        )


@pytest.mark.parametrize("exact_up_to", [0, SIZE])
def test_a_saved_index_answers_the_same(
    items: NDArray[np.float32], queries: NDArray[np.float32], tmp_path: Path, exact_up_to: int
) -> None:
    """From the disk, as it lies."""
    index = build_nearest(items, exact_up_to=exact_up_to)
    index.save(tmp_path)
    opened = open_nearest(tmp_path)
    assert opened.recall == index.recall
    assert np.array_equal(opened.search(queries, 4)[0], index.search(queries, 4)[0])
    assert np.array_equal(opened.search(queries, 4)[1], index.search(queries, 4)[1])


def test_nothing_and_nobody_are_answered(items: NDArray[np.float32], lists: NearestIndex, tmp_path: Path) -> None:
    """No vectors, no queries, nobody allowed, more wanted than there are, none wanted."""
    empty = build_nearest(items[:0])
    empty.save(tmp_path)
    for index in (empty, open_nearest(tmp_path)):
        assert index.search(items[:1], 2)[0].tolist() == [[-1, -1]]
    for index in (lists, build_nearest(items)):
        assert index.search(items[:0], 3)[0].shape == (0, 3)
        assert index.search(items[:2], 0)[0].shape == (2, 0)
        assert index.search(items[:1], 2, np.zeros(SIZE, bool))[0].tolist() == [[-1, -1]]
        assert (index.search(items[:1], SIZE + 1)[0] >= 0).sum() == SIZE
