"""The making of a bot filter's feature file: every five minutes, by a cluster of databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from downwind.world.net.platform import ScenarioClock

EVERY = 300.0
"""Scenario seconds between two files."""

_NODES = 10
_SPREADS_IN = 2_400.0
_FEATURES = 60
_COPIES = 4
_HEADERS = ("user-agent", "accept", "accept-language", "accept-encoding", "referer", "cookie")


class FeatureFile:
    """Asks one node of the cluster at a time for the features, and hands out the file.

    Nodes on which a permission was changed list every feature several times. While a part of the
    nodes is changed, good and bad files come in turn; when all are, every file is bad.
    """

    def __init__(self, file: Path, clock: ScenarioClock, handed_out: Callable[[], None]) -> None:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = file
        self._clock = clock
        self._handed_out = handed_out
        self._since: float | None = None
        self._settings: Mapping[str, Any] = {}
        self._turn = 0
        self._write(_rows(1))

    def break_(self, settings: Mapping[str, Any]) -> None:
        """The change reaches the first nodes; `updated` is the share of them, `generate` a switch.

        Without `updated` the change spreads by itself from a half to all.
        """
        starts = self._since is None
        if self._since is None:
            self._since = self._clock.now()
            self._turn = 0
        changed = settings.get("updated") != self._settings.get("updated")
        self._settings = settings
        if starts or changed:
            self.make()

    def mend(self) -> None:
        """The change is taken back and a good file from before is put in place."""
        self._since = None
        self._settings = {}
        self._write(_rows(1))

    def make(self) -> None:
        """Make the next file, unless that is switched off."""
        if self._since is not None and not self._settings.get("generate", True):
            return
        node = (self._turn // 2) + (self._turn % 2) * (_NODES // 2)
        self._turn = (self._turn + 1) % _NODES
        changed = node < round(self._updated() * _NODES)
        self._write(_rows(_COPIES if changed else 1))

    async def run(self) -> None:
        """Make files for ever."""
        while True:
            await self._clock.sleep(EVERY)
            self.make()

    def _updated(self) -> float:
        if self._since is None:
            return 0.0
        if "updated" in self._settings:
            return float(self._settings["updated"])
        return min(1.0, 0.5 + 0.5 * (self._clock.now() - self._since) / _SPREADS_IN)

    def _write(self, rows: list[dict[str, Any]]) -> None:
        beside = self._file.with_suffix(".new")
        beside.write_text(json.dumps(rows), encoding="utf-8")
        beside.replace(self._file)
        self._handed_out()


def _rows(copies: int) -> list[dict[str, Any]]:
    one = [
        {
            "feature": f"f{n:03d}",
            "header": _HEADERS[n % len(_HEADERS)],
            "holds": chr(ord("a") + n % 26),
            "weight": 0.02,
        }
        for n in range(_FEATURES)
    ]
    return one * copies
