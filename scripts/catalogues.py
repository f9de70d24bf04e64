"""Extract every text for people into the template of catalogues, and bring each language up to date with it.

    python -m scripts.catalogues               what `make catalogues` runs
    python -m scripts.catalogues --add pt-BR   begins a language: an empty file for its translator

Where a text stands (``#:``) is written by file alone: line numbers would change with every edit around them.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

import bandmate.app
from bandmate.kernel.languages.catalogues import catalogue_path, template_path, translated_languages
from bandmate.kernel.web.problem_kinds import all_kinds, explained_in_english

SOURCE = Path(bandmate.app.__file__).parent
METHODS = [("**/templates/**.*", "jinja2"), ("**.py", "python")]
OPTIONS = {"**/templates/**.*": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}
KEYWORDS = {**DEFAULT_KEYWORDS, "later": None, "counted": (1, 2)}
COMMENT = "Translators:"
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""The date of the template's head: a real one would make two extractions of the same texts differ."""


def extracted() -> Catalog:
    """Return every text of the package that is translated, by text."""
    found = Catalog(
        project="Bandmate", copyright_holder="the Bandmate contributors", charset="utf-8", creation_date=_EPOCH
    )
    texts = extract_from_dir(SOURCE, METHODS, OPTIONS, KEYWORDS, (COMMENT,), strip_comment_tags=False)
    for name, _, message, comments, context in texts:
        found.add(message, locations=[(f"src/bandmate/{name}", 0)], auto_comments=comments, context=context)
    for message, name in _declared():
        found.add(message, locations=[(name, 0)])
    return found


def _declared() -> Iterator[tuple[str, str]]:
    """Yield texts that are declared rather than called for: the kinds of problems, the labels of the rail."""
    for path in SOURCE.rglob("errors.py"):  # engines are loaded when they are used, and their errors with them
        import_module(".".join(("bandmate", *path.relative_to(SOURCE).with_suffix("").parts)))
    for kind in all_kinds():
        if kind.__module__.startswith("bandmate."):
            words = explained_in_english(kind)
            place = "src/" + kind.__module__.replace(".", "/") + ".py"
            for message in (kind.title, words.meaning, words.kept, words.remedy):
                yield message, place
    other = explained_in_english(None)
    for message in (other.meaning, other.kept, other.remedy):
        yield message, "src/bandmate/kernel/web/problem_kinds.py"
    for item in bandmate.app.NAVIGATION:
        yield item.label, "src/bandmate/app.py"


def written(catalogue: Catalog) -> bytes:
    """Return a catalogue as the bytes of its file."""
    file = BytesIO()
    write_po(file, catalogue, width=100, sort_output=True, include_lineno=False, ignore_obsolete=False)
    return file.getvalue()


def main() -> None:
    """Write the template and update every language; or begin a language."""
    parser = argparse.ArgumentParser(
        description="Extract every text for people, and bring each language up to date."
    )
    parser.add_argument("--add", metavar="TAG", help="a language to begin, such as pt-BR")
    added: str | None = parser.parse_args().add
    template = extracted()
    template_path().parent.mkdir(parents=True, exist_ok=True)
    template_path().write_bytes(written(template))
    for tag in sorted({*translated_languages(), *([added] if added else [])}):
        path = catalogue_path(tag)
        locale = tag.replace("-", "_")
        catalogue = Catalog(locale=locale, project="Bandmate", charset="utf-8", creation_date=_EPOCH)
        if path.exists():
            with path.open("rb") as file:
                catalogue = read_po(file, locale=locale)
        catalogue.update(template)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalogue))
    print(f"{len(template)} texts, {len(translated_languages())} languages")


if __name__ == "__main__":
    main()
