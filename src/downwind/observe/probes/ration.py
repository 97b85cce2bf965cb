"""Bounds the text that is cleaned of secrets: in an outage every answer is an error page.

To look through a page costs up to 2 µs a character. Where thousands fail at once, a share of the
pages says whose they are, and probes that start late would say less.
"""

from __future__ import annotations

import time

RATE = 100_000.0
"""Characters a second."""
_BURST = 5.0
"""Seconds for which the rate may be saved up."""
_LOOKED_THROUGH = 6_096
"""Of a long page, redact_body looks at no more."""


class Ration:
    """So many characters a second, of this machine's time."""

    def __init__(self, rate: float = RATE) -> None:
        self._rate = rate
        self._left = rate * _BURST
        self._at = time.monotonic()

    def grants(self, characters: int) -> bool:
        """Whether so many may be looked through now; if so, they are taken off."""
        now = time.monotonic()
        self._left = min(self._rate * _BURST, self._left + (now - self._at) * self._rate)
        self._at = now
        wanted = min(characters, _LOOKED_THROUGH)
        if wanted > self._left:
            return False
        self._left -= wanted
        return True
