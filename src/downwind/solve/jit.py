"""Compiles the solver's kernels, kept on disk so that only the first run pays for it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def jit(kernel: Kernel) -> Kernel:
    """Compile a function over arrays; it lets go of the interpreter while it runs."""
    return cast(Kernel, numba.njit(cache=True, nogil=True, error_model="numpy")(kernel))


def _keep_kernels() -> bool:
    """One folder for each state of the sources; true where it is new. numba's own place is one for
    all, and it fails to read what another state of the sources left there with types that are
    gone."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return False
    sources = sorted(Path(__file__).parent.rglob("*.py"))
    seen = [(str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in sources]
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    here = home / "downwind" / sha256(str(sources[0]).encode()).hexdigest()[:12]
    kernels = here / sha256(repr(seen).encode()).hexdigest()[:12]
    is_new = not kernels.exists()
    with suppress(OSError):  # no place to write: compiled anew each time
        if is_new:
            shutil.rmtree(here, ignore_errors=True)
            kernels.mkdir(parents=True)
        setattr(numba.config, "CACHE_DIR", str(kernels))  # noqa: B010  (numba declares no types)
    return is_new


IS_NEW = _keep_kernels()
"""True in the first run of this state of the sources, which compiles the kernels."""
