"""A run that is killed at any instant goes on: no name is lost, and none is done twice."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from downwind.evidence.log import read
from tests.observe.tinydns import zone
from tests.observe.tinynet import RESOLVER, TinyInternet, usual

# At 200 queries a second they take some three seconds, so that each kill finds a run under way.
_NAMES = 300
_KILLS = 4
_CHILD = """
import asyncio, json, sys
from pathlib import Path
from downwind.jobs.survey import map_list
from downwind.observe.network import Network
from downwind.survey.names_file import NamesFile
from downwind.survey.limits.pace import Limits
network = Network.from_handout(json.loads(Path(sys.argv[1]).read_text()))
limits = Limits(queries=200, server_queries=10_000, names_at_once=40)
asyncio.run(map_list(NamesFile(sys.argv[2]), network, Path(sys.argv[3]), limits=limits,
                     heard=lambda *_: None))
"""


def _handout(net: TinyInternet, file: Path) -> None:
    network = net.network()
    clock = network.clock
    file.write_text(
        json.dumps(
            {
                "vantage": "test",
                "resolvers": [RESOLVER],
                "dial": net.dial,
                "trust": net.issuer.pem,
                "allowed": ["198.18.0.0/15", "2001:db8::/32"],
                "clock": {
                    "scenario": clock.scenario,
                    "monotonic": clock.monotonic,
                    "speed": clock.speed,
                    "floor": clock.floor,
                },
            }
        )
    )


def _ended(store: Path) -> bool:
    return any(store.glob("*.log")) and any(e.kind == "survey.ended" for _, e in read(store))


async def test_a_run_that_is_killed_again_and_again_does_every_name_once(tmp_path: Path) -> None:
    draw = random.Random(5)
    names = [f"n{n}.x.test" for n in range(_NAMES)]
    (tmp_path / "list.txt").write_text("".join(f"{name}\n" for name in names))
    store = tmp_path / "store"
    async with TinyInternet(tmp_path, speed=1) as net:
        await usual(net)
        zones = net.authorities["198.18.1.1"].zones
        zones["x.test"] += zone("x.test", *(f"n{n} A 198.18.2.80" for n in range(_NAMES)))[1][1:]
        await net.resolver()
        _handout(net, tmp_path / "handout")
        killed = 0
        while True:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", _CHILD, tmp_path / "handout", tmp_path / "list.txt", store)
            )
            # From before the log is opened until in the midst of a group of names.
            wait = draw.uniform(0.6, 1.6) if killed < _KILLS else 60.0
            try:
                assert await asyncio.wait_for(process.wait(), wait) == 0
                break
            except TimeoutError:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGKILL)
                await process.wait()
                killed += 1
                if _ended(store):
                    break  # Its last deed before the kill; it would be begun anew.
    done = Counter(e.subject for _, e in read(store) if e.kind == "survey.name")
    assert killed > 0
    assert done == dict.fromkeys(names, 1)
    kinds = Counter(e.kind for _, e in read(store))
    assert (kinds["survey.begun"], kinds["survey.ended"]) == (1, 1)
    # Whatever a name stands on is in the log with it, also where the run was cut in between.
    hosts = {e.subject for _, e in read(store) if e.kind == "dns.a"}
    assert set(names) | {"ns1.dnsco.test"} <= hosts
