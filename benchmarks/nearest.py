"""Vector search: exact against inverted lists, with recall, over vectors as the marketplace has them.

    python -m benchmarks.nearest [--home HOME] [--sizes 100000,300000]

An opportunity stands as the mean of a few skills of an occupation, a person as the mean of a few of another draw:
real vectors of real names, in the shape that matching asks for. Prints processor milliseconds a query.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bandmate.engines.skills import Encoder, Store, Taxonomy, open_encoder, open_vocabulary
from bandmate.engines.skills.embedding import Vectors, unit
from bandmate.engines.skills.nearest import NearestIndex, build_nearest, exact, shared
from bandmate.engines.skills.storage import vectors

_FEW = 6
"""Skills of an opportunity or a person."""
_ASKED = 200
_K = 50


def drawn(labels: Vectors, groups: list[npt.NDArray[np.int64]], count: int, draw: np.random.Generator) -> Vectors:
    """Return means of a few skills of one occupation each, of length 1."""
    out = np.empty((count, labels.shape[1]), np.float32)
    for row in range(count):
        group = groups[int(draw.integers(len(groups)))]
        out[row] = labels[draw.choice(group, _FEW)].mean(0)
    return unit(out)


def skill_groups(taxonomy: Taxonomy) -> list[npt.NDArray[np.int64]]:
    """Return the skills of each occupation, as places among the skills; runs of skills without relations."""
    number = np.full(len(taxonomy), -1)
    number[taxonomy.skills] = np.arange(len(taxonomy.skills))
    if not len(taxonomy.relation_skill):
        return np.array_split(np.arange(len(taxonomy.skills)), max(len(taxonomy.skills) // 20, 1))
    order = np.argsort(taxonomy.relation_occupation, kind="stable")
    cuts = np.flatnonzero(np.diff(taxonomy.relation_occupation[order])) + 1
    return [number[taxonomy.relation_skill[part]] for part in np.split(order, cuts)]


def run(taxonomy: Taxonomy, store: Store, encoder: Encoder, sizes: list[int]) -> None:
    """Print build time, time a query (median, 95th percentile) and recall for each size."""
    names = [taxonomy.forms[place][0] for place in taxonomy.skills]
    labels = np.array(vectors(store, f"skill-labels-{taxonomy.fingerprint}", names, encoder))
    draw, groups = np.random.default_rng(7), skill_groups(taxonomy)
    people = drawn(labels, groups, _ASKED, draw)
    for size in sizes:
        items = drawn(labels, groups, size, draw)
        allowed = draw.random(size) < 0.1
        true, true_allowed = exact(items, people, _K)[0], exact(items, people, _K, allowed)[0]
        for name, index, built in _indexes(items):
            for told, mask, right in (("", None, true), (", a tenth allowed", allowed, true_allowed)):
                taken, found = [], []
                for row in range(_ASKED):
                    began = time.process_time()
                    found.append(index.search(people[row : row + 1], _K, mask)[0][0])
                    taken.append(1000 * (time.process_time() - began))
                print(
                    f"nearest {_K} of {size:,}, {name + told:30} median {np.median(taken):6.1f} ms   "
                    f"p95 {np.percentile(taken, 95):6.1f} ms   recall {shared(np.array(found), right):.3f}   "
                    f"({built:.0f} s to build, {index.probes} of {len(index.centres)} lists)"
                )


def _indexes(items: Vectors) -> Iterator[tuple[str, NearestIndex, float]]:
    for name, most in (("exact", len(items)), ("lists", 0)):
        began = time.process_time()
        yield name, build_nearest(items, exact_up_to=most), time.process_time() - began


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path("~/.local/share/bandmate").expanduser())
    parser.add_argument("--sizes", default="100000,300000")
    arguments = parser.parse_args()
    encoder = open_encoder(arguments.home / "models", print)
    if encoder is None:
        raise SystemExit("Vectors need the model.")
    store = Store(arguments.home / "taxonomy" / "derived", print)
    run(open_vocabulary(arguments.home / "taxonomy"), store, encoder, [int(n) for n in arguments.sizes.split(",")])


if __name__ == "__main__":
    main()
