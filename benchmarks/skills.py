"""What the skills engine costs on one core beside the bare model, and what each kind of evidence is worth.

    python -m benchmarks.skills [--home HOME] [--shared ../shared]

Prints processor milliseconds a query (median and 95th percentile, warm, nothing remembered), texts a second, load
time, memory; what a posting costs; what kept vectors cost; vector search, exact and by lists. Give it one core:
``OMP_NUM_THREADS=1 taskset -c 0``.
With ``--shared`` it also scores the public validation sets by kind of evidence; the scorers beside the data give
the same figures from the commands (docs/skills.md).
"""

from __future__ import annotations

import argparse
import ast
import csv
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks import nearest

from bandmate.engines.skills import (
    Encoder,
    Linker,
    Occupations,
    RememberedEncoder,
    Store,
    Taxonomy,
    TitleCorpus,
    open_encoder,
    open_vocabulary,
)
from bandmate.engines.skills.evidence import COLUMNS

SENTENCES = (
    "You will plan tours, negotiate contracts with venues and keep the budget of a mid-sized band.",
    "Experience with Java, SQL and cloud services; you write tests and review the code of others.",
    "Strong communication skills and the will to work in an international team.",
    "You repair guitars and other string instruments for our customers.",
    "Knowledge of accounting standards is a plus.",
    "We look for somebody who leads a team of ten and reports to the managing director.",
    "Operate forklifts safely, keep the warehouse tidy and record what comes in.",
    "You advise patients on nutrition and document what was agreed.",
)
MEANING = frozenset({"meaning", "token", "window_short", "window_long", "described"})
"""Columns of evidence that need the model."""
PRIOR = frozenset({"common", "essential", "transversal", "cross_sector", "sector", "knowledge", "length"})


def milliseconds(call: Callable[[str], object], texts: Sequence[str], rounds: int = 8) -> list[float]:
    """Return the processor time of each call after one warm round: what it takes on a core of its own."""
    for text in texts:
        call(text)
    taken = []
    for _ in range(rounds):
        for text in texts:
            began = time.process_time()
            call(text)
            taken.append(1000 * (time.process_time() - began))
    return taken


def told(name: str, taken: list[float]) -> None:
    """Print the median, the 95th percentile and texts a second."""
    print(
        f"{name:34} median {np.median(taken):7.1f} ms   p95 {np.percentile(taken, 95):7.1f} ms"
        f"   {1000 / np.mean(taken):8.1f} texts/s"
    )


def seconds(call: Callable[[], object], rounds: int = 3) -> float:
    """Return the least processor time of a few calls."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return min(taken)


def posting(taxonomy: Taxonomy, count: int) -> list[str]:
    """Return so many different sentences as a posting has them, made from names of the vocabulary."""
    names = [taxonomy.forms[place][0] for place in taxonomy.skills[:: len(taxonomy.skills) // (3 * count)]]
    triples = zip(names, names[count:], names[2 * count :], strict=False)
    return [f"In this role you {a}, help others to {b} and know how to {c}." for a, b, c in triples][:count]


def documents(taxonomy: Taxonomy, store: Store, encoder: Encoder) -> None:
    """Print what a posting of forty sentences costs beside forty single ones, and the second time."""
    sentences = posting(taxonomy, 40)
    document = " ".join(sentences)
    linker, forgetful = Linker(taxonomy, store, encoder), Linker(taxonomy, store, encoder, remembered=0)
    rows = {
        "bare model, 40 sentences singly": lambda: [encoder.encode([one]) for one in sentences],
        "bare model, 40 sentences together": lambda: encoder.encode(sentences),
        "skills of 40 sentences singly": lambda: [forgetful.link(one) for one in sentences],
        "skills of a posting of 40 sentences": lambda: forgetful.link(document),
        "the same posting, remembered": lambda: linker.link(document),
    }
    for name, call in rows.items():
        taken = seconds(call)
        print(f"{name:36} {1000 * taken:8.1f} ms   {40 / taken:10,.0f} sentences/s")


def remembering(taxonomy: Taxonomy, encoder: Encoder) -> None:
    """Print what a kept vector costs beside a new one."""
    texts = posting(taxonomy, 200)
    with tempfile.TemporaryDirectory() as folder:
        memory = RememberedEncoder(encoder, Path(folder))
        new, first = seconds(lambda: encoder.encode(texts), 1), seconds(lambda: memory.encode(texts), 1)
        kept = seconds(lambda: memory.encode(texts))
    for name, taken in (("encoded", new), ("encoded and kept", first), ("taken from the file", kept)):
        print(f"vectors of sentences, {name:20} {1e6 * taken / len(texts):8.0f} µs each")


def truth(path: Path, places: dict[str, int]) -> dict[str, set[int]]:
    """Read a file of the benchmark: sentences with the places of their skills."""
    found: dict[str, set[int]] = {}
    with path.open(encoding="utf-8", newline="") as opened:
        for row in csv.DictReader(opened):
            labels = ast.literal_eval(row["skills"]) if "skills" in row else [row["label"]]
            known = {places[label.strip()] for label in labels if label.strip() in places}
            found.setdefault(" ".join(row["sentence"].split()), set()).update(known)
    return {text: known for text, known in found.items() if known}


def ablation(linker: Linker, path: Path, places: dict[str, int], limit: int) -> None:
    """Print RP@5 and RP@10 with one kind of evidence after the other, over whole sentences."""
    # The weights of the fusion are kept; a kind of evidence is left out by counting it as nothing.
    weights = linker._fusion.weights  # noqa: SLF001 - a benchmark looks inside
    kinds = {
        "words": [name not in MEANING | PRIOR for name in COLUMNS],
        "words + how common": [name not in MEANING for name in COLUMNS],
        "meaning": [name in MEANING for name in COLUMNS],
        "all": [True for _ in COLUMNS],
    }
    hits: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for text, known in list(truth(path, places).items())[:limit]:
        look = linker._evidence.look(text)  # noqa: SLF001 - as above
        for kind, used in kinds.items():
            order = look.places[np.argsort(-(look.columns @ (weights * np.array(used))), kind="stable")]
            at = [len(known & set(order[:k].tolist())) / min(k, len(known)) for k in (5, 10)]
            hits[kind].append((at[0], at[1]))
    for kind, values in hits.items():
        five, ten = 100 * np.mean(np.array(values), 0)
        print(f"  {path.stem[:28]:28} {kind:20} RP@5 {five:5.1f}   RP@10 {ten:5.1f}   ({len(values)} sentences)")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Path("~/.local/share/bandmate").expanduser())
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--rounds", type=int, default=3, help="Times that single queries are measured.")
    parser.add_argument("--nearest", type=int, nargs="*", default=[100_000, 300_000], help="Sizes to search.")
    parser.add_argument("--limit", type=int, default=300, help="Most sentences of a set.")
    arguments = parser.parse_args()
    store = Store(arguments.home / "taxonomy" / "derived", print)
    began = time.perf_counter()
    taxonomy = open_vocabulary(arguments.home / "taxonomy")
    read = time.perf_counter()
    encoder = open_encoder(arguments.home / "models", print)
    loaded = time.perf_counter()
    linker = Linker(taxonomy, store, encoder)
    ready = time.perf_counter()
    print(
        f"load: vocabulary {read - began:.2f} s, model {loaded - read:.2f} s, indexes {ready - loaded:.2f} s "
        f"({len(taxonomy.skills):,} skills, version {linker.version})"
    )
    forgetful = Linker(taxonomy, store, encoder, remembered=0)
    by_words = Linker(taxonomy, store, None, remembered=0)
    occupations = Occupations(taxonomy, store, encoder)
    titles = tuple(taxonomy.forms[place][0] for place in taxonomy.occupations[:400:50])
    corpus = TitleCorpus([taxonomy.forms[place][0] for place in taxonomy.occupations], encoder, occupations, store)
    for _ in range(arguments.rounds):
        if encoder is not None:
            told("bare model, one sentence", milliseconds(lambda text: encoder.encode([text]), SENTENCES))
        told("skills of a sentence, top 10", milliseconds(lambda text: forgetful.link(text, 10), SENTENCES))
        told("skills, by words alone", milliseconds(by_words.link, SENTENCES))
        told("occupation of a title", milliseconds(lambda title: occupations.normalise(title, 10), titles))
        told(f"title among {len(corpus):,}", milliseconds(corpus.rank, titles))
    print(f"memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB at most")
    if encoder is not None:
        documents(taxonomy, store, encoder)
        remembering(taxonomy, encoder)
        nearest.run(taxonomy, store, encoder, arguments.nearest)
    if arguments.shared:
        places = {taxonomy.forms[place][0]: number for number, place in enumerate(taxonomy.skills)}
        folder = arguments.shared / "matching" / "skills"
        for name in ("tech_validation_annotations", "house_validation_annotations", "skillskape/dev"):
            ablation(linker, folder / f"{name}.csv", places, arguments.limit)


if __name__ == "__main__":
    main()
