"""``bandmate skills``, ``titles`` and ``taxonomy``: lines in, JSON lines out; no database is started."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from bandmate.engines.skills.cleaning import decoded
from bandmate.engines.skills.embedding import Encoder
from bandmate.engines.skills.errors import InvalidTaxonomy
from bandmate.engines.skills.linking import Linked, Linker
from bandmate.engines.skills.models import open_encoder
from bandmate.engines.skills.storage import Store
from bandmate.engines.skills.titles import Occupations, TitleCorpus
from bandmate.engines.skills.vocabulary import ESCO, import_vocabulary, open_vocabulary

notices = Console(stderr=True, highlight=False, soft_wrap=True, markup=False, emoji=False)


@dataclass(frozen=True, slots=True)
class Folders:
    """Where vocabularies and trained artefacts lie."""

    taxonomy: Path
    models: Path


Vocabulary = Annotated[
    str, typer.Option("--taxonomy", help="The vocabulary: esco, or the name of an imported one.")
]
Top = Annotated[
    int | None, typer.Option(min=1, help="Give so many, whatever their score; more than there are means all.")
]


def add_to(app: typer.Typer, folders: Callable[[], Folders]) -> None:
    """Add the engine's commands to the program; ``folders`` is asked when one of them runs."""
    skills = typer.Typer(no_args_is_help=True, help="Text to skills.")
    titles = typer.Typer(no_args_is_help=True, help="Job titles to occupations and to each other.")
    taxonomy = typer.Typer(no_args_is_help=True, help="Vocabularies of skills and occupations.")
    _add_skills(skills, folders)
    _add_titles(titles, folders)
    _add_taxonomy(taxonomy, folders)
    app.add_typer(skills, name="skills")
    app.add_typer(titles, name="titles")
    app.add_typer(taxonomy, name="taxonomy")


def _add_skills(skills: typer.Typer, folders: Callable[[], Folders]) -> None:
    @skills.command("link")
    def link_command(vocabulary: Vocabulary = ESCO, top: Top = None) -> None:
        """Read texts from stdin, one a line; write the skills of each as one JSON object a line."""
        chosen = folders()
        taxonomy = open_vocabulary(chosen.taxonomy, vocabulary)
        linker = Linker(taxonomy, _store(chosen), open_encoder(chosen.models, notices.print))
        for text in _lines():
            _write(_linked(linker.link(text, top), linker.version))

    @skills.command("train")
    def train_command(
        sentences: Annotated[
            Path | None,
            typer.Option(help="Tagged sentences to learn from too: a CSV with the columns sentence and skills."),
        ] = None,
        steps: Annotated[int, typer.Option(min=1, help="Steps to make.")] = 400,
        minutes: Annotated[
            float, typer.Option(min=0.1, help="Minutes after which it ends with what there is.")
        ] = 30,
        seed: Annotated[int, typer.Option(help="Seed of all random numbers.")] = 7,
        threads: Annotated[int, typer.Option(min=1, help="Threads to use.")] = 2,
    ) -> None:
        """Teach the language model the names of the vocabulary; needs the packages of requirements/train.txt."""
        # Where they are installed, they take seconds to load, which every other command would pay too.
        from bandmate.engines.skills.training import run_training  # noqa: PLC0415 - see above

        chosen = folders()
        run_training(
            open_vocabulary(chosen.taxonomy),
            chosen.models,
            sentences,
            steps=steps,
            minutes=minutes,
            seed=seed,
            threads=threads,
            tell=notices.print,
        )


def _add_titles(titles: typer.Typer, folders: Callable[[], Folders]) -> None:
    @titles.command("normalise")
    def normalise_command(
        vocabulary: Vocabulary = ESCO,
        top: Annotated[int, typer.Option(min=1, help="Occupations to give; more than there are means all.")] = 5,
    ) -> None:
        """Read job titles from stdin, one a line; write the occupations of each as one JSON object a line."""
        chosen = folders()
        encoder = open_encoder(chosen.models, notices.print)
        occupations = Occupations(open_vocabulary(chosen.taxonomy, vocabulary), _store(chosen), encoder)
        for text in _lines():
            title, found = occupations.normalise(text, top)
            _write(
                {
                    "title": text,
                    "core": title.core,
                    "seniority": title.seniority or None,
                    "split_off": title.noise,
                    "occupations": [
                        {"uri": one.uri, "label": one.label, "score": one.score, "isco": one.isco or None}
                        for one in found
                    ],
                    "version": occupations.version,
                }
            )

    @titles.command("rank")
    def rank_command(
        corpus: Annotated[Path, typer.Option(help="The titles to rank, one a line.")],
        top: Top = None,
    ) -> None:
        """Read job titles from stdin, one a line; write for each which lines of the corpus come nearest.

        Lines are counted from 1.
        """
        chosen = folders()
        encoder = open_encoder(chosen.models, notices.print)
        ranked = TitleCorpus(_file_lines(corpus), encoder, _occupations(chosen, encoder), _store(chosen))
        for text in _lines():
            order, scores = ranked.rank(text)
            lines = (order[:top] + 1).tolist()
            _write({"title": text, "ranking": lines, "scores": [round(one, 5) for one in scores[:top].tolist()]})


def _add_taxonomy(taxonomy: typer.Typer, folders: Callable[[], Folders]) -> None:
    @taxonomy.callback()
    def group() -> None:
        """Vocabularies of skills and occupations."""

    @taxonomy.command("import")
    def import_command(
        path: Annotated[
            Path,
            typer.Argument(
                help="A folder of official ESCO zips, one zip of a pair, an unpacked folder, or a CSV."
            ),
        ],
        release: Annotated[
            str | None,
            typer.Option(help="The ESCO release to take, e.g. 1.1.0; the newest complete one if not given."),
        ] = None,
    ) -> None:
        """Keep a vocabulary of skills and occupations for all that asks for one."""
        read = import_vocabulary(path, folders().taxonomy, release)
        notices.print(
            f"{read.name} {read.version}: {len(read.skills):,} skills, {len(read.occupations):,} occupations, "
            f"{len(read.relation_skill):,} relations."
        )
        if read.attribution:
            notices.print(read.attribution)


def _store(chosen: Folders) -> Store:
    return Store(chosen.taxonomy / "derived", notices.print)


def _occupations(chosen: Folders, encoder: Encoder | None) -> Occupations | None:
    try:
        return Occupations(open_vocabulary(chosen.taxonomy), _store(chosen), encoder)
    except InvalidTaxonomy as error:
        notices.print(f"Titles are ranked without a vocabulary. {error.detail}")
        return None


def _lines() -> Iterator[str]:
    """Yield the lines of stdin as text, whatever bytes they hold."""
    for line in sys.stdin.buffer:
        yield decoded(line.rstrip(b"\r\n"))


def _file_lines(path: Path) -> list[str]:
    content = path.read_bytes()
    lines = content.split(b"\n")
    return [decoded(line.rstrip(b"\r")) for line in (lines[:-1] if content.endswith(b"\n") else lines)]


def _linked(found: Linked, version: str) -> dict[str, Any]:
    return {
        "text": found.text,
        "skills": [
            {
                "uri": one.uri,
                "label": one.label,
                "score": one.score,
                "start": one.start,
                "end": one.end,
                "evidence": found.text[one.start : one.end],
                "named": one.named,
            }
            for one in found.skills
        ],
        "version": version,
    }


def _write(answer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.buffer.flush()
