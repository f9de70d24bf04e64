"""Messages as files in a folder: for trying things out, and for whoever picks them up there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bandmate.kernel.notify.channels import ChannelDown, Letter, Send
from bandmate.kernel.notify.mime import as_mail

_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


class FolderChannel:
    """Writes each letter as ``<delivery id>.eml``: whole or not at all; the same one again replaces itself."""

    name = "folder"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def opened(self) -> Iterator[Send]:
        """Return what writes letters."""
        yield self._send

    def _send(self, letter: Letter) -> None:
        content = as_mail(letter).as_bytes()
        part = self._folder / f".{letter.delivery_id}.part"
        try:
            self._folder.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
            try:
                _write(part, content)
                part.replace(self._folder / f"{letter.delivery_id}.eml")
            except OSError:
                with suppress(OSError):
                    part.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise ChannelDown(f"The folder {self._folder} cannot be written to: {error.strerror}.") from error


def _write(path: Path, content: bytes) -> None:
    """Write a file that only we may read, down to the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE_FILE)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - of a descriptor, not of a path
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
