"""A whole watcher of its own, which tests kill: it says on its output what it acknowledged.

The imports take longer than a life here, so one process imports, and a child of it is forked for
each line of its input.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from pathlib import Path
from typing import Any

from downwind.catalog import Catalog
from downwind.jobs.watching import LiveHub, Watcher, WatchOptions, house, start, watching
from downwind.model import Model
from downwind.observe import Network
from downwind.questions.hidden import Decision, Hidden, decision_to_json
from downwind.terms import Evidence, Seen
from downwind.watch.live.state import NEED


def tell(**told: object) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


def decided(number: int, at: float) -> Decision:
    """What somebody made of a need between two services."""
    members = (f"a{number}.test/page", f"b{number}.test/page")
    hidden = Hidden(members, "", 3, 3, 0.1, 0.01, 9.0, 0.9, ("i/1",), at)
    return Decision(hidden, number % 2 == 0, "ada", at, f"note {number}")


def known(watcher: Watcher) -> dict[str, Any]:
    """What the watcher knows that a restart could forget."""
    live, picture = watcher.live, watcher.picture
    return {
        "changes": [change.title for change in live.changes],
        "decisions": [decision.note for decision in live.decisions],
        "told": sorted(live.told.known),
        "posts": [[post.incident, post.closed_at is None] for post in live.board.history()],
        "read_since": dict(live.board.read_since()),
        "domains": {each.key: [each.domain_ends, each.domain_unknown] for each in picture.targets},
        "certificates": {each.key: each.certificate_ends for each in picture.targets},
    }


async def live(order: dict[str, Any]) -> None:
    """Watch until killed; with `busy` changes and decisions come in without a pause."""
    house._LOOK_EVERY, house._SNAPSHOT_EVERY = 0.05, order["snapshot_every"]
    start._HEARD_AGAIN = 1.0  # what is remembered, and not what is heard again by and by
    options = WatchOptions(
        Model.model_validate(order["model"]),
        Network.from_handout(order["handout"]),
        Catalog.from_texts(order["catalog"]),
        Path(order["directory"]),
        told=lambda text: tell(said=text),
    )
    draw = random.Random(order["seed"])
    async with watching(options) as watcher:
        tell(**known(watcher))
        hub = LiveHub(watcher)
        for number in range(order["seed"] * 100_000, 10**9):
            if order["busy"]:
                await take_in(hub, watcher, number, draw)
            else:
                await asyncio.sleep(0.2)
                tell(**known(watcher))


async def take_in(hub: LiveHub, watcher: Watcher, number: int, draw: random.Random) -> None:
    """One change or decision; it is said once it is acknowledged."""
    if draw.random() < 0.5:
        await hub.deploy("ci", {"service": "*", "title": f"v{number}"})
        tell(changed=f"v{number}")
        return
    decision = decided(number, watcher.now())
    record = Evidence("n", NEED, Seen(decision_to_json(decision)), watcher.now(), "here")
    await watcher.take_in([record])
    tell(decided=decision.note)


def fork_for_each_line() -> None:
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                asyncio.run(live(json.loads(line)))
            finally:
                os._exit(1)
        tell(pid=child)
        _, status = os.waitpid(child, 0)
        tell(ended=status)


if __name__ == "__main__":
    fork_for_each_line()
