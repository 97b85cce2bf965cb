"""A vantage in a process of its own, to be killed: `python -m ... URL TOKEN FOLDER`."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from pathlib import Path

from downwind.observe import Clock
from downwind.terms import Evidence
from downwind.watch.vantages import HubAddress, Order, VantageOptions, run_vantage

from .probes import probed


class Counting:
    """Numbers what it sees, and writes the number down: a gap shows, and so does a lost end."""

    def __init__(self, folder: Path) -> None:
        self.numbers = itertools.count(1)
        self.file = os.open(folder / f"count-{os.getpid()}", os.O_CREAT | os.O_WRONLY)

    async def __call__(self, order: Order) -> Evidence:
        number = next(self.numbers)
        os.pwrite(self.file, str(number).encode(), 0)
        return probed(order.target, Clock.real().now(), body=f"{os.getpid()} {number}")


async def main() -> None:
    url, token, folder = sys.argv[1:]
    options = VantageOptions(
        "paris",
        HubAddress(url, token),
        Path(folder),
        Counting(Path(folder).parent),
        orders_every=0.2,
        send_every=0.01,
        shortest_wait=0.02,
        longest_wait=0.05,
        batch=7,
    )
    await run_vantage(options)


if __name__ == "__main__":
    asyncio.run(main())
