"""Where this user's machine keeps what Downwind makes or fetches (XDG Base Directory 0.8)."""

import os
from pathlib import Path


def data_folder() -> Path | None:
    """The folder of fetched data; None where the user has no home."""
    return _folder("XDG_DATA_HOME", ".local/share")


def cache_folder() -> Path | None:
    """The folder of what can be made again; None where the user has no home."""
    return _folder("XDG_CACHE_HOME", ".cache")


def _folder(variable: str, usual: str) -> Path | None:
    given = os.environ.get(variable, "")
    # The specification has relative paths ignored.
    if given and Path(given).is_absolute():
        return Path(given) / "downwind"
    try:
        return Path.home() / usual / "downwind"
    except RuntimeError:
        return None


def write_whole(file: Path, text: str) -> None:
    """Write a file so that a reader finds the old one or the new one whole; raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with fresh.open("w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
