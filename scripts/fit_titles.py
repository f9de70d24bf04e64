"""Fit how sure `bandmate titles normalise` may be: the two numbers in data/titles.json.

    .venv/bin/python -m scripts.fit_titles ../shared/matching --home FOLDER [--write]

FOLDER is a BANDMATE_HOME into which ESCO 1.1.0 was imported; the packaged vocabulary is read beside it. The seed
draws titles of the validation half of JobBERT: half of them are fitted to, the other half is shown.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression, minimize_scalar
from scipy.special import logsumexp

from bandmate.engines.skills.certainty import Certainty
from bandmate.engines.skills.models import open_encoder
from bandmate.engines.skills.storage import Store
from bandmate.engines.skills.title_noise import split_title
from bandmate.engines.skills.titles import Occupations
from bandmate.engines.skills.vocabulary import open_vocabulary

HELD = Path("src/bandmate/engines/skills/data/titles.json")
DRAWN = 1_600
EDGES = (0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 1.01)

Near = npt.NDArray[np.float32]
Right = npt.NDArray[np.int64]


def main() -> None:
    """Fit both kinds of evidence and show how often which score was right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("matching", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--imported-only", action="store_true", help="leave the packaged vocabulary out")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    with (given.matching / "titles" / "jobbert_validation.csv").open(encoding="utf-8", newline="") as opened:
        rows = list(csv.DictReader(opened))
    random.Random(given.seed).shuffle(rows)  # noqa: S311 - draws examples, no secrets
    titles = [(row["vacancyTitle"], row["conceptUri"]) for row in rows[:DRAWN]]
    folders = {"imported": given.home / "taxonomy", "packaged": given.home / "none"}
    if given.imported_only:
        del folders["packaged"]
    encoder = open_encoder(given.home / "models", print)
    found = {}
    for kind in ("model", "lexical"):
        judged = {}
        for name, folder in folders.items():
            store = Store(given.home / "taxonomy" / "derived", print)
            taxonomy = open_vocabulary(folder)
            occupations = Occupations(taxonomy, store, encoder if kind == "model" else None)
            uris = {taxonomy.uris[place]: number for number, place in enumerate(taxonomy.occupations)}
            cores = [split_title(title).core for title, _ in titles]
            meanings = encoder.encode(cores) if encoder and kind == "model" else None
            right = np.array([uris.get(uri, -1) for _, uri in titles])
            judged[name] = occupations.scores(cores, meanings), right
        half = DRAWN // 2
        fitted = fit([(near[:half], right[:half]) for near, right in judged.values()])
        found[kind] = {"sharpness": fitted.sharpness, "none": fitted.none, "points": fitted.points}
        print(kind, found[kind])
        for name, (near, right) in judged.items():
            show(f"{kind}, {name}", fitted, near[half:], right[half:])
    if given.write:
        beside = HELD.with_suffix(".new")
        beside.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        beside.replace(HELD)


def fit(judged: list[tuple[Near, Right]]) -> Certainty:
    """Return the sharpness under which what people chose is likeliest, and how often which share was right.

    Every title of these has its occupation, so they cannot say where "none of these" lies: it is put where one
    title in twenty has nothing nearer.
    """
    none = round(float(np.percentile(np.concatenate([near.max(1) for near, _ in judged]), 5)), 3)

    def unlikely(sharpness: float) -> float:
        total = 0.0
        for scores, right in judged:
            with_none = np.column_stack([scores.astype(np.float64), np.full(len(scores), none)]) * sharpness
            total -= float((with_none[np.arange(len(right)), right] - logsumexp(with_none, axis=1)).sum())
        return total

    sharpness = round(float(minimize_scalar(unlikely, bounds=(2, 60), method="bounded").x), 3)
    plain = Certainty(sharpness, none)
    shares = np.concatenate([np.sort(plain.shares(row))[:-6:-1] for near, _ in judged for row in near])
    pairs = [pair for near, right in judged for pair in zip(near, right, strict=True)]
    true = np.concatenate([np.argsort(-plain.shares(row), kind="stable")[:5] == one for row, one in pairs])
    return Certainty(sharpness, none, _points(shares, true))


def _points(shares: npt.NDArray[np.float64], true: npt.NDArray[np.bool_]) -> tuple[tuple[float, float], ...]:
    """Return in ten groups of about as many right ones how often a share was right, rising, from 0."""
    order = np.argsort(shares)
    groups = np.array_split(order, np.searchsorted(np.cumsum(true[order]), np.linspace(0, true.sum(), 11)[1:-1]))
    steps = isotonic_regression([true[one].mean() for one in groups], weights=[len(one) for one in groups]).x
    middles = [shares[one].mean() for one in groups]
    inner = [(round(float(share), 4), round(float(step), 4)) for share, step in zip(middles, steps, strict=True)]
    return ((0.0, 0.0), *inner, (1.0, inner[-1][1]))


def show(name: str, fitted: Certainty, near: Near, right: Right) -> None:
    """Print reliability of the first occupation and of the first five, and what abstaining costs."""
    shares = np.stack([fitted.shares(row) for row in near])
    order = np.argsort(-shares, axis=1)[:, :5]
    scores, true = np.take_along_axis(shares, order, 1), order == right[:, None]
    rank = 1 + (shares > shares[np.arange(len(right)), right][:, None]).sum(1)
    print(f"{name}: MRR {np.where(right >= 0, 1 / rank, 0).mean():.3f}, right at 1 {true[:, 0].mean():.3f}")
    for low, high in pairwise(EDGES):
        first = (scores[:, 0] >= low) & (scores[:, 0] < high)
        five = (scores >= low) & (scores < high)
        sure = scores[:, 0] >= low
        print(
            f"  {low:.2f}: first {first.sum():4} said {_mean(scores[:, 0][first])}, "
            f"right {_mean(true[:, 0][first])}; "
            f"of five {five.sum():4} said {_mean(scores[five])} right {_mean(true[five])}; "
            f"from here on {sure.mean():.2f} of titles, right {_mean(true[:, 0][sure])}"
        )


def _mean(values: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> str:
    return f"{values.mean():.3f}" if len(values) else "-"


if __name__ == "__main__":
    main()
