"""How long a computation may take: it ends by itself, at a limit or when it is interrupted."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf
from threading import Thread, current_thread, main_thread
from types import FrameType
from typing import TypeVar

import numpy as np

from downwind.solve.faulttree.diagrams.table import NODES, STOP

Found = TypeVar("Found")

FIRST_WORD = 2.0
"""Seconds until something is said; from then on after twice as long each time."""
LOOK = 0.1
LAST = 0.2
"""Seconds that work is waited for after it was told to stop."""
AFTERWARDS = 0.1
"""Seconds for what is still said when the time is over."""


class Budget:
    """Time for a computation, counted from now on.

    Compiled work runs in a thread of its own, so that it can be told to stop: at the limit, or by
    an interrupt.
    """

    def __init__(
        self, seconds: float = inf, tell: Callable[[float, str, int], None] | None = None
    ) -> None:
        """`tell` is called with seconds, what is being done, and how many nodes it has made."""
        self.signal = np.zeros(2, dtype=np.int64)
        self.interrupted = False
        self._began = time.monotonic()
        self._seconds = seconds
        self._tell = tell
        self._next_word = FIRST_WORD

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within it the first Ctrl-C ends the budget, and only a second one is raised.

        An exception must not be raised while numba turns a result into Python objects: it crashes.
        """
        if current_thread() is not main_thread():
            yield
            return

        def note(_number: int, _frame: FrameType | None) -> None:
            if self.interrupted:
                raise KeyboardInterrupt
            self.interrupted = True
            self.signal[STOP] = 1

        before = signal.signal(signal.SIGINT, note)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    @property
    def left(self) -> float:
        """Seconds; 0 where it is over."""
        if self.interrupted:
            return 0.0
        return max(0.0, self._began + self._seconds - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether there is no time left."""
        return self.left == 0.0

    @property
    def why(self) -> str:
        """Why there is none left; empty where there is."""
        if self.interrupted:
            return "interrupted"
        return f"stopped after {self._seconds:g} s" if self.over else ""

    def work(self, most: int, seconds: float) -> int:
        """How much fits into the time that is left, of work that takes so many seconds in all;
        a little where there is none left."""
        return int(most * min(1.0, max(self.left, AFTERWARDS) / seconds))

    def run(self, what: str, work: Callable[[], Found]) -> Found | None:
        """What the work returns; None where it did not end in time."""
        if self.over:
            return None
        found: list[Found] = []
        failed: list[BaseException] = []

        def run() -> None:
            try:
                found.append(work())
            except BaseException as error:
                failed.append(error)

        thread = Thread(target=run, daemon=True)
        thread.start()
        try:
            while thread.is_alive() and not self.over:
                thread.join(min(LOOK, self.left))
                self._say(what)
        except KeyboardInterrupt:
            self.interrupted = True
        if self.over:
            self.signal[STOP] = 1
            thread.join(LAST)
        if failed:
            raise failed[0]
        return found[0] if found else None

    def _say(self, what: str) -> None:
        seconds = time.monotonic() - self._began
        if self._tell is not None and seconds >= self._next_word:
            self._tell(seconds, what, int(self.signal[NODES]))
            self._next_word = 2 * seconds
