"""How an index lies in a folder or in memory: built-in fields, fingerprint, opening and wiping.

Built-in fields beside those of the schema:

* ``_id``: the document's id (stored, fast: equal hits are ordered by it);
* ``_version``: the version it was given with;
* ``_text``: all its text fields together. Whether a word "stands somewhere" is one posting list, not one for each
  field; the boosted fields, short ones as a rule, have an index of their own beside it for the ranking;
* ``_order``: a number drawn from the id, see ``ORDER_WEIGHT``;
* ``_mark``: only on one special document, which carries the mark of the last commit. tantivy's Python binding
  cannot write a commit payload, and a file beside could not be swapped in one step with the commit. No query built
  by this engine matches that document.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

import tantivy

from .errors import IndexBusy, IndexStale, IndexUnusable
from .schema import FORMAT, Field, Kind, Schema
from .words import ANALYZER

ID: Final = "_id"
VERSION: Final = "_version"
TEXT: Final = "_text"
ORDER: Final = "_order"
MARK: Final = "_mark"
THE_MARK: Final = "mark"

ORDER_WEIGHT: Final = 1e-4
"""Scores are multiplied by log2(2 + _order) with _order in [0, ORDER_WEIGHT): at most 0.007 % more. It tells
documents of equal score apart by something that survives merges; what still ties is few and ordered by id."""

META: Final = "meta.json"
WRITER_LOCK: Final = ".tantivy-writer.lock"
ABOUT: Final = "about.json"
OURS: Final = re.compile(
    r"about\.json(\.new)?|meta\.json|\.managed\.json|\.tantivy-\w+\.lock|\.tmp\w+|[0-9a-f]{32}\..+"
)
"""The names of all files that this engine or tantivy write."""

State = tuple[int, int, int]
"""What `Store.state` gives; only good for comparing."""


def order_of(document_id: str) -> float:
    """The number in [0, ORDER_WEIGHT) that tells this id's document apart from others of equal score."""
    digest = hashlib.blake2b(document_id.encode(), digest_size=6).digest()
    return int.from_bytes(digest) / 2**48 * ORDER_WEIGHT


def _tantivy_schema(schema: Schema) -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field(ID, stored=True, fast=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field(VERSION, fast=True)
    builder.add_text_field(TEXT, tokenizer_name="words")
    builder.add_float_field(ORDER, fast=True)
    builder.add_text_field(MARK, stored=True, tokenizer_name="raw", index_option="basic")
    for each in schema.fields:
        match each.kind:
            case Kind.TEXT if each.boosted:
                builder.add_text_field(each.name, tokenizer_name="words")
            case Kind.TEXT:
                pass
            case Kind.KEYWORD:
                builder.add_text_field(each.name, fast=True, tokenizer_name="raw", index_option="basic")
            case Kind.INTEGER:
                builder.add_integer_field(each.name, fast=True)
            case Kind.NUMBER:
                builder.add_float_field(each.name, fast=True)
    return builder.build()


@dataclass(slots=True)
class Store:
    """One opened index, shared by the reader and the writer of this process that were made from it."""

    schema: Schema
    fields: Mapping[str, Field]
    terms: tantivy.Schema
    index: tantivy.Index
    folder: Path | None
    commits: int = field(default=0)
    """How often this process has committed: the sign of news where there is no folder to look at."""

    @classmethod
    def in_memory(cls, schema: Schema) -> Self:
        """A new empty index that ends with the process."""
        return cls._around(schema, tantivy.Index(_tantivy_schema(schema)), None)

    @classmethod
    def existing(cls, folder: Path, schema: Schema) -> Self:
        """The index in ``folder``; raises IndexUnusable or IndexStale."""
        check(folder, schema)
        try:
            index = tantivy.Index.open(str(folder))
        except (ValueError, OSError) as error:
            raise damaged(folder, error) from error
        return cls._around(schema, index, folder)

    @classmethod
    def created(cls, folder: Path, schema: Schema) -> Self:
        """A new empty index in ``folder``, which is made where it is missing and must be empty otherwise."""
        folder.mkdir(parents=True, exist_ok=True)
        about = {"format": FORMAT, "schema_version": schema.version, "fingerprint": schema.fingerprint()}
        unfinished = folder / f"{ABOUT}.new"
        unfinished.write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        unfinished.replace(folder / ABOUT)
        return cls._around(schema, tantivy.Index(_tantivy_schema(schema), path=str(folder)), folder)

    @classmethod
    def _around(cls, schema: Schema, index: tantivy.Index, folder: Path | None) -> Self:
        index.register_tokenizer("words", ANALYZER)
        index.config_reader(reload_policy="manual")
        fields = MappingProxyType({each.name: each for each in schema.fields})
        return cls(schema, fields, index.schema, index, folder)

    def state(self) -> State:
        """Something that differs after every commit of any process: one ``stat``, 2 µs.

        tantivy swaps ``meta.json`` in by renaming, so its inode and time tell. (tantivy's own watcher would look
        every 500 ms, from a thread of its own.)
        """
        if self.folder is None:
            return (self.commits, 0, 0)
        try:
            status = os.stat(self.folder / META)  # noqa: PTH116 - Path.stat costs as much again
        except OSError as error:
            raise IndexUnusable(f"The search index in {self.folder} has gone. Rebuild it.") from error
        return (status.st_ino, status.st_mtime_ns, status.st_size)


def check(folder: Path, schema: Schema) -> None:
    """Raises IndexUnusable where there is no index, IndexStale where it was built for another schema."""
    if not (folder / META).exists():
        raise IndexUnusable(f"There is no search index in {folder}. Rebuild it.")
    try:
        fingerprint = json.loads((folder / ABOUT).read_bytes())["fingerprint"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise damaged(folder, error) from error
    if fingerprint != schema.fingerprint():
        raise IndexStale(f"The search index in {folder} was built for another schema. Rebuild it.")


def damaged(folder: Path | None, error: Exception) -> IndexUnusable:
    """The error to raise where an index is there but cannot be read."""
    return IndexUnusable(f"The search index in {folder} cannot be read ({error}). Rebuild it.")


def wipe(folder: Path) -> None:
    """Empty a folder that holds an index of whatever state.

    Raises IndexBusy while a writer holds it, and IndexUnusable when it holds anything that is not of an index:
    better no index than somebody's files gone.
    """
    foreign = [each.name for each in folder.iterdir() if each.is_dir() or not OURS.fullmatch(each.name)]
    if foreign:
        raise IndexUnusable(
            f"{folder} holds other things than a search index ({foreign[0]}). Give an empty folder."
        )
    with (folder / WRITER_LOCK).open("a") as lock:
        try:
            # The lock tantivy's writer takes: flock on this very file.
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise busy(folder) from error
        for each in sorted(folder.iterdir(), key=lambda path: path.name != META):
            if each.name != WRITER_LOCK:
                each.unlink()


def busy(folder: Path | None) -> IndexBusy:
    """The error to raise where a second writer is asked for."""
    return IndexBusy(f"The search index in {folder or 'memory'} is being written by somebody else.")
