"""Which vocabulary serves: an imported one, else the packaged one."""

from __future__ import annotations

from pathlib import Path

from bandmate.engines.skills import packaged
from bandmate.engines.skills.custom import read_csv
from bandmate.engines.skills.errors import InvalidTaxonomy
from bandmate.engines.skills.esco_release import read_release
from bandmate.engines.skills.storage import Store
from bandmate.engines.skills.taxonomy import Taxonomy, load, store, stored

ESCO = "esco"


def import_vocabulary(path: Path, folder: Path, release: str | None = None) -> Taxonomy:
    """Read official ESCO files or a CSV and keep them below ``folder``; return what was read.

    Raises:
        InvalidTaxonomy: Nothing is there that can be used.
    """
    if not path.exists():
        raise InvalidTaxonomy(f"{path} does not exist.")
    if path.is_file() and path.suffix.casefold() == ".csv":
        if release is not None:
            raise InvalidTaxonomy("A CSV has no releases; leave --release away.")
        taxonomy = read_csv(path)
    else:
        taxonomy = read_release(path, release)
    store(taxonomy, folder)
    return taxonomy


def open_vocabulary(folder: Path | None, name: str = ESCO) -> Taxonomy:
    """Return the vocabulary called ``name``: an imported one, else for ``esco`` the packaged one.

    Raises:
        InvalidTaxonomy: There is none of that name, or it is damaged.
    """
    if name != Path(name).name or name.startswith("."):
        raise InvalidTaxonomy(f"{name!r} is no name of a vocabulary.")
    place = stored(folder, name) if folder else None
    if place is not None:
        return load(place)
    if name != ESCO:
        raise InvalidTaxonomy(
            f"There is no vocabulary called {name}; import one with `bandmate taxonomy import PATH`."
        )
    return _packaged(folder)


def _packaged(folder: Path | None) -> Taxonomy:
    """Read the packaged vocabulary, in the quick format from the second time on."""
    if not packaged.available():
        return packaged.read_packaged()
    made = Store(folder / "derived" if folder else None).product(
        f"packaged-{packaged.version()}-1", lambda place: (store(packaged.read_packaged(), place), None)[1]
    )
    inner = stored(made, ESCO)
    return load(inner) if inner else packaged.read_packaged()
