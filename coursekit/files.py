"""Files that are written whole or not at all, on disks of every kind."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Writes a file whole or not at all."""
    partial = partial_of(path)
    try:
        partial.write_bytes(content)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_first(path: Path, content: bytes) -> None:
    """Writes a file for its owner alone, unless it is there: of several who do so at once, the first one's stays.

    A hard link makes it appear whole. A memory stick (FAT) has none: there it appears empty for a moment.
    """
    partial = partial_of(path)
    try:
        _write_new(partial, content)
        os.link(partial, path)
    except FileExistsError:
        pass
    except (OSError, AttributeError):  # this disk or system has no links, or no room
        _write_new(path, content)
    finally:
        partial.unlink(missing_ok=True)


def partial_of(path: Path) -> Path:
    """Where to write first; two graders at once have one each."""
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}")


def zip_of(files: Iterable[tuple[str, bytes]], modes: Mapping[str, int] | None = None) -> bytes:
    """A zip of these files, the same to the byte whenever it is made.

    Args:
        files: the name of each within the zip, and its content.
        modes: rights of some of them; the others can be read by all and written by their owner.
    """
    import zipfile  # a command that only asks for help does not need it

    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            member = zipfile.ZipInfo(name)  # its date is that of the format's beginning, which changes nothing
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (0o100000 | (modes or {}).get(name, 0o644)) << 16
            archive.writestr(member, data)
    return target.getvalue()


def _write_new(path: Path, content: bytes) -> None:
    """Writes a file that is not there; one that is, is left alone."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        return
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
    except OSError:
        path.unlink()
        raise
