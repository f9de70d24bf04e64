"""Fit what `bandmate skills link` weighs its evidence by, and the calibration of its score.

    .venv/bin/python -m scripts.fit_fusion ../shared/matching --home FOLDER            # show
    .venv/bin/python -m scripts.fit_fusion ../shared/matching --home FOLDER --write    # and keep

FOLDER is a BANDMATE_HOME into which the release of the benchmarks was imported (ESCO 1.1.0). Sentences: both
validation sets, and the development split of SkillSkape, which the adapter was not trained on. Everything that is
shown was held out: a fifth of the sentences at a time, and 250 sentences of SkillSkape's test split.
The seed only parts the sentences; the fit itself has one minimum.
"""

from __future__ import annotations

import argparse
import ast
import csv
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression, minimize
from scipy.special import logsumexp

from bandmate.engines.skills.cleaning import sentence_spans, visible_text
from bandmate.engines.skills.evidence import COLUMNS, SkillEvidence
from bandmate.engines.skills.models import open_encoder
from bandmate.engines.skills.storage import Store
from bandmate.engines.skills.vocabulary import open_vocabulary

Floats = npt.NDArray[np.float64]

FUSION = Path("src/bandmate/engines/skills/data/fusion.json")
RELATED = {"common", "essential", "transversal", "cross_sector", "sector"}
"""What a vocabulary without relations does not know."""
BY_MODEL = {"meaning", "token", "window_short", "window_long", "described"}
REAL = 4.0
"""How much a sentence of a real posting counts beside a synthetic one."""
KEPT_SMALL = 0.02
"""Weight of the squares of the weights: holds those that the sentences say little about near zero."""
TRAINED_ON, HELD_OUT = 500, 250
FOLDS = 5
THRESHOLD = 0.12
MOST_POINTS = 36


@dataclass(frozen=True, slots=True)
class Example:
    """A text: rows of evidence of the skills that were looked at, which are true, how many true ones there are."""

    group: str
    rows: Floats
    skills: npt.NDArray[np.int64]
    true: npt.NDArray[np.bool_]
    wanted: int


def main() -> None:
    """Fit all four kinds and show what they reach on what was held out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("matching", type=Path)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--kind", choices=("model", "lexical"), help="fit this one only; the other stays as it is")
    parser.add_argument("--write", action="store_true")
    given = parser.parse_args()
    taxonomy = open_vocabulary(given.home / "taxonomy")
    places = {taxonomy.forms[place][0]: number for number, place in enumerate(taxonomy.skills)}
    sentences = _sentences(given.matching / "skills", places, given.seed)
    held: dict[str, Any] = json.loads(FUSION.read_text("utf-8"))
    for name in (given.kind,) if given.kind else ("model", "lexical"):
        encoder = open_encoder(given.home / "models", print) if name == "model" else None
        evidence = SkillEvidence(taxonomy, Store(given.home / "taxonomy" / "derived", print), encoder)
        examples = [_example(evidence, *one) for one in sentences]
        for plain in (False, True):
            kind = name + ("_plain" if plain else "")
            used = [c for c in COLUMNS if not (plain and c in RELATED) and not (encoder is None and c in BY_MODEL)]
            held[kind] = _fitted(kind, examples, used, given.seed)
    if given.write:
        beside = FUSION.with_suffix(".new")
        beside.write_text(json.dumps(held) + "\n", encoding="utf-8")
        beside.replace(FUSION)


def _sentences(folder: Path, places: dict[str, int], seed: int) -> list[tuple[str, str, frozenset[int]]]:
    """Return (group, text, true skills) of all sets; the order of drawing is fixed by the seed."""
    found = []
    for group in ("tech", "house"):
        found += [(group, *one) for one in _read(folder / f"{group}_validation_annotations.csv", places)]
    synthetic = _read(folder / "skillskape" / "dev.csv", places)
    random.Random(seed).shuffle(synthetic)  # noqa: S311 - draws examples, no secrets
    found += [("skillskape dev", *one) for one in synthetic[:TRAINED_ON]]
    test = _read(folder / "skillskape" / "test.csv", places)[:HELD_OUT]
    return found + [("skillskape test", *one) for one in test]


def _read(path: Path, places: dict[str, int]) -> list[tuple[str, frozenset[int]]]:
    truth: dict[str, set[int]] = {}
    with path.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            labels = ast.literal_eval(row["skills"]) if "skills" in row else [row["label"]]
            known = {places[label.strip()] for label in labels if label.strip() in places}
            truth.setdefault(row["sentence"].strip(), set()).update(known)
    return [(text, frozenset(known)) for text, known in truth.items() if known]


def _example(evidence: SkillEvidence, group: str, text: str, true: frozenset[int]) -> Example:
    """Look at a text; of several sentences a skill keeps the row that says most, all columns counted alike."""
    visible = visible_text(text)
    best: dict[int, npt.NDArray[np.float32]] = {}
    for start, end in sentence_spans(visible):
        look = evidence.look(visible[start:end])
        for place, row in zip(look.places.tolist(), look.columns, strict=True):
            if place not in best or row[:11].sum() > best[place][:11].sum():
                best[place] = row
    skills = np.array(sorted(best), np.int64)
    rows = np.array([best[place] for place in skills.tolist()], np.float64)
    return Example(group, rows, skills, np.isin(skills, list(true)), len(true))


def _fitted(kind: str, examples: Sequence[Example], used: list[str], seed: int) -> dict[str, Any]:
    columns = [COLUMNS.index(name) for name in used]
    fitting = [one for one in examples if one.group != "skillskape test"]
    folds = np.random.default_rng(seed).permutation(len(fitting)) % FOLDS
    raws: list[Floats] = [np.zeros(0)] * len(fitting)
    for fold in range(FOLDS):
        weights = fit_weights([one for one, f in zip(fitting, folds, strict=True) if f != fold], columns)
        for number in np.flatnonzero(folds == fold).tolist():
            raws[number] = fitting[number].rows[:, columns] @ weights
    for group in ("tech", "house", "skillskape dev"):
        chosen = [number for number, one in enumerate(fitting) if one.group == group]
        _show(f"{kind}, {group}, cross-validated", [fitting[n] for n in chosen], [raws[n] for n in chosen])
    calibration = calibrate(
        np.concatenate(raws), np.concatenate([one.true for one in fitting]),
        np.concatenate([np.full(len(one.true), _counts(one)) for one in fitting]),
    )  # fmt: skip
    weights = fit_weights(fitting, columns)
    test = [one for one in examples if one.group == "skillskape test"]
    scored = [one.rows[:, columns] @ weights for one in test]
    _show(f"{kind}, skillskape test, held out", test, scored)
    shares = np.interp(np.concatenate(scored), *np.array(calibration).T)
    _reliability(shares, np.concatenate([one.true for one in test]))
    named = {name: round(float(weight), 4) for name, weight in zip(used, weights, strict=True)}
    return {"weights": named, "calibration": calibration, "threshold": THRESHOLD}


def _counts(one: Example) -> float:
    return 1.0 if one.group.startswith("skillskape") else REAL


def fit_weights(examples: Sequence[Example], columns: list[int]) -> Floats:
    """Return the weights under which true skills stand before all that are not (softmax, each text once)."""
    usable = [(one.rows[:, columns], one.true, _counts(one)) for one in examples if one.true.any()]
    total = sum(count for _, _, count in usable)

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, slope = 0.0, np.zeros_like(weights)
        for rows, true, count in usable:
            scores = rows @ weights
            others = logsumexp(scores[~true])
            each = np.logaddexp(scores[true], others)
            part = count / true.sum() / total
            value += part * float((each - scores[true]).sum())
            missed = np.exp(others - each)  # how much of the choice a true skill leaves to the others
            slope -= part * (missed @ rows[true] - missed.sum() * (np.exp(scores[~true] - others) @ rows[~true]))
        return value + KEPT_SMALL / 2 * float(weights @ weights) / 10, slope + KEPT_SMALL / 10 * weights

    return np.asarray(minimize(loss, np.ones(len(columns)), jac=True, method="L-BFGS-B").x, np.float64)


def calibrate(raws: Floats, true: npt.NDArray[np.bool_], counts: Floats) -> list[list[float]]:
    """Return points (score, share of true skills), rising in both: steps of isotonic regression, joined."""
    order = np.argsort(raws, kind="stable")
    steps = isotonic_regression(true[order].astype(np.float64), weights=counts[order])
    edges = steps.blocks
    points = []
    for start, end in pairwise(edges):
        points.append([float(raws[order[start:end]].mean()), float(steps.x[start])])
    while len(points) > MOST_POINTS:  # steps that say nearly the same become one
        nearest = int(np.argmin(np.diff([share for _, share in points])))
        points[nearest : nearest + 2] = [[(points[nearest][i] + points[nearest + 1][i]) / 2 for i in (0, 1)]]
    return [[round(score, 3), round(share, 4)] for score, share in points]


def _show(name: str, examples: Sequence[Example], raws: Sequence[Floats]) -> None:
    figures = np.array([_figures(one, raw) for one, raw in zip(examples, raws, strict=True)])
    drawn = np.random.default_rng(7).integers(0, len(figures), (1000, len(figures)))
    low, high = np.percentile(figures[:, 2][drawn].mean(1), (2.5, 97.5))
    one, five, ten, reciprocal = figures.mean(0)
    print(
        f"{name}: {len(figures)} sentences, RP@1 {one:.1%}, RP@5 {five:.1%}, RP@10 {ten:.1%} "
        f"({low:.1%} to {high:.1%}), MRR {reciprocal:.3f}",
        flush=True,
    )


def _figures(one: Example, raw: Floats) -> list[float]:
    hits = one.true[np.argsort(-raw, kind="stable")]
    first = np.flatnonzero(hits)
    shares = [float(hits[:k].sum()) / min(k, one.wanted) for k in (1, 5, 10)]
    return [*shares, 1 / (first[0] + 1) if len(first) else 0.0]


def _reliability(scores: Floats, true: npt.NDArray[np.bool_]) -> None:
    edges = (0, 0.01, 0.05, 0.1, 0.2, 0.35, 0.5, 1.01)
    for low, high in pairwise(edges):
        chosen = (scores >= low) & (scores < high)
        if chosen.any():
            print(f"  {low:.2f} {chosen.sum():6} {scores[chosen].mean():.3f} {true[chosen].mean():.3f}")


if __name__ == "__main__":
    main()
