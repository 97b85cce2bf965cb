"""Compiles the solver's kernels, kept on disk so that only the first run pays for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def jit(kernel: Kernel) -> Kernel:
    """Compile a function over arrays; it lets go of the interpreter while it runs."""
    return cast(Kernel, numba.njit(cache=True, nogil=True, error_model="numpy")(kernel))
