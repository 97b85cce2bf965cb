"""A watcher that is killed forgets nothing that was acknowledged, and tells nothing twice."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from downwind.watch.history.snapshot import BEFORE, NEWEST
from downwind.watch.live.state import CHANGES_KEPT
from tests.jobs.watching.lives import lives, posted
from tests.watch.alerts.sinks import http_sink

pytestmark = pytest.mark.timeout(180)

PAGE = "x.test/page"
WHAT_ENDS = ("watcher-certificate", "watcher-domain")


def _nothing(_: Path) -> None:
    """The snapshots are as they were left."""


def _without_snapshots(folder: Path) -> None:
    for name in (NEWEST, BEFORE):
        (folder / name).unlink(missing_ok=True)


def _with_broken_snapshots(folder: Path) -> None:
    for name in (NEWEST, BEFORE):
        path = folder / name
        if path.exists():
            data = bytearray(path.read_bytes())
            data[-20] ^= 0xFF
            path.write_bytes(data)


def _held_to(said: list[str], known: list[str]) -> list[str]:
    """What was acknowledged is there, once; the last one may be there and unsaid."""
    assert len(known) >= len(said)
    assert known in (said, [*said, *known[-1:]][-len(known) :])
    return known


BETWEEN = (_nothing, _without_snapshots, _with_broken_snapshots)
"""What befalls the snapshots between two lives."""


async def test_changes_and_decisions_outlive_a_kill_at_any_instant(tmp_path: Path) -> None:
    draw = random.Random(5)
    changed: list[str] = []
    decided: list[str] = []
    async with lives(tmp_path, domains={"ask": False}, feeds=[]) as watchers:
        watchers.snapshot_every = 0.0
        for life in range(5):
            if life == 3:
                _without_snapshots(tmp_path / "watch")
            known = await watchers.begin(busy=True)
            changed = _held_to(changed, known["changes"])[-CHANGES_KEPT:]
            decided = _held_to(decided, known["decisions"])
            first = await watchers.said()
            await asyncio.sleep(draw.random() * 0.4)
            for told in (first, *await watchers.kill()):
                changed += [told["changed"]] if "changed" in told else []
                decided += [told["decided"]] if "decided" in told else []
            changed = changed[-CHANGES_KEPT:]
    assert len(changed) > 50
    assert len(decided) > 50


@pytest.mark.parametrize("between", BETWEEN, ids=lambda each: each.__name__)
async def test_what_ends_is_told_once_and_what_pages_said_is_known_after_kills(
    tmp_path: Path, between: Callable[[Path], None]
) -> None:
    async with http_sink() as sink:
        route = {"name": "hook", "webhook": f"{sink.url}/hook"}
        async with lives(tmp_path, ends=2.0, alerts=[route]) as watchers:
            await watchers.begin()
            read = await watchers.knows(lambda told: "cloud" in told["read_since"])
            watchers.incidents = [posted("one"), posted("two")]
            await watchers.knows(lambda told: _posts(told) == {"one": True, "two": True})
            watchers.incidents = [posted("two")]
            await watchers.knows(lambda told: _posts(told) == {"one": False, "two": True})
            first = await watchers.knows(lambda told: len(told["told"]) == 2)
            await sink.got_all(2)
            await asyncio.sleep(0.5)
            await watchers.kill()
            for _ in range(2):
                between(tmp_path / "watch")
                known = await watchers.begin()
                assert known["told"] == first["told"]
                assert _posts(known) == {"one": False, "two": True}
                assert known["read_since"] == read["read_since"]
                known = await watchers.knows(lambda told: told["certificates"].get(PAGE))
                assert known["domains"][PAGE] == first["domains"][PAGE]
                await asyncio.sleep(0.7)
                await watchers.kill()
            assert watchers.asked == ["x.test"], "one look a day, over restarts too"
        told = [_alert(body) for body in sink.bodies]
    assert first["domains"][PAGE][1] == ""
    assert sorted(each["incident"].rpartition("-")[0] for each in told) == list(WHAT_ENDS)
    certificate, domain = sorted(each["title"] for each in told)
    assert certificate.startswith("The certificate of x.test/page ends in 4")
    assert domain.startswith("The registration of x.test ends in 29 d")


def _posts(told: dict[str, Any]) -> dict[str, bool]:
    """Incident -> whether it is open."""
    return dict(told["posts"])


def _alert(body: bytes) -> dict[str, Any]:
    data = dict(json.loads(body))
    return dict(data.get("alert", data))
