"""Files that appear under their name only once they are complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bandmate.engines.allocation.errors import InvalidProblem


@contextmanager
def appearing_whole(path: Path) -> Iterator[Path]:
    """Give a file to write to; it takes the place of ``path`` when all went well, and is removed when not.

    Raises:
        InvalidProblem: when it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(path)
    except OSError as error:
        raise InvalidProblem(f"{path} cannot be written: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)


def check_writable(*paths: Path) -> None:
    """See that files can be written here, before hours of work go into what belongs into them.

    Raises:
        InvalidProblem: when the folder is missing or may not be written, or a folder has the name of the file.
    """
    for path in paths:
        if path.is_dir():
            raise InvalidProblem(f"{path} is a folder; name a file.")
        if not os.access(path.absolute().parent, os.W_OK):
            raise InvalidProblem(f"{path.absolute().parent} cannot be written to; create the folder first.")
