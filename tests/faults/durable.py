"""What of a SQLite store would be left if the machine lost its power now.

``python -m tests.faults.durable serve`` is ``stripe-sf serve`` with one difference: whenever SQLite
has synced a file, the file as it is then is copied beside, into the folder that ``DURABLE_FILES``
names. Whatever was written and not synced is not in the copies, as it would not be on the disk.

SQLite lets a program wrap its way to the system (sqlite.org/vfs.html): here each file's ``xSync``
is wrapped. It runs in the thread that writes, so nothing is written between a sync and its copy.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
import shutil
from pathlib import Path
from typing import Any

VARIABLE = "DURABLE_FILES"

_VFS_OPEN = 40
"""Where in a ``sqlite3_vfs`` the pointer ``xOpen`` is: behind three ints and three pointers."""
_METHODS_SYNC = 40
"""Where in ``sqlite3_io_methods`` ``xSync`` is: behind an int and four pointers."""
_METHODS_SIZE = 8 + 18 * 8
"""Bytes of version 3 of ``sqlite3_io_methods``."""

_Open = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,  # a name that SQLite reads beyond its end: the pointer is to go on as it is
    ctypes.c_void_p,
    ctypes.c_int,
    ctypes.c_void_p,
)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)

_alive: list[Any] = []
"""What SQLite points to must not be collected."""


def install(folder: Path) -> None:
    """From now on every database that this process opens leaves copies of what was synced."""
    library = ctypes.CDLL(_sqlite3.__file__)
    library.sqlite3_vfs_find.restype = ctypes.c_void_p
    vfs = library.sqlite3_vfs_find(None)
    slot = ctypes.c_void_p.from_address(vfs + _VFS_OPEN)
    assert slot.value is not None
    open_ = _Open(slot.value)
    names: dict[int, Path] = {}
    tables: dict[int, Any] = {}

    def opened(own: int, name: int | None, file: int, flags: int, out: int | None) -> int:
        code = int(open_(own, name, file, flags, out))
        methods = ctypes.c_void_p.from_address(file)
        if code == 0 and name is not None and methods.value is not None:
            names[file] = Path(os.fsdecode(ctypes.string_at(name)))
            table = tables.get(methods.value)
            if table is None:
                table = tables[methods.value] = _wrapped(methods.value, names, folder)
            methods.value = ctypes.addressof(table)
        return code

    callback = _Open(opened)
    _alive.append((callback, tables))
    slot.value = ctypes.cast(callback, ctypes.c_void_p).value


def _wrapped(methods: int, names: dict[int, Path], folder: Path) -> Any:
    table = ctypes.create_string_buffer(ctypes.string_at(methods, _METHODS_SIZE), _METHODS_SIZE)
    slot = ctypes.c_void_p.from_buffer(table, _METHODS_SYNC)
    assert slot.value is not None
    sync = _Sync(slot.value)

    def synced(file: int, flags: int) -> int:
        code = int(sync(file, flags))
        if code == 0:
            path = names[file]
            half = folder / f"{path.name}.half"
            shutil.copyfile(path, half)
            half.replace(folder / path.name)
        return code

    callback = _Sync(synced)
    _alive.append((callback, sync))
    slot.value = ctypes.cast(callback, ctypes.c_void_p).value
    return table


def lose_power(store: Path, folder: Path) -> None:
    """Of the store is left what was synced; no process may have it open.

    Whoever opens it next without the copies being kept, though only to read, may write what is in
    the WAL into the database: then the copies no longer are what is on the disk.
    """
    for path in (store, store.with_name(f"{store.name}-wal")):
        kept = folder / path.name
        path.unlink(missing_ok=True)
        if kept.exists():
            shutil.copyfile(kept, path)
    store.with_name(f"{store.name}-shm").unlink(missing_ok=True)


def main() -> None:
    install(Path(os.environ[VARIABLE]))
    from bridge.cli import main as stripe_sf

    stripe_sf()


if __name__ == "__main__":
    main()
