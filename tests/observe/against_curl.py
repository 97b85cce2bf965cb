"""Holds the table of sloppy answers against the curl of this machine.

    python -m tests.observe.against_curl

Not a test: curls differ in what they forgive. The table is that of 7.88 (Debian 12); 8 takes fewer
headers, and fewer lengths.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from .sloppy import BROKEN, SLOPPY
from .test_sloppy import IP, answering


async def curled(folder: Path, answers: Mapping[str, bytes]) -> dict[str, int]:
    """curl's exit code for each answer."""
    async with answering(folder, answers) as net:
        host, port = net.dial[IP]["tcp/80"]
        url = f"http://{host}:{port}"
        form = '{"%{url_effective}": %{exitcode}}\n'
        options = ("--silent", "--max-time", "20", "--output", "/dev/null", "--write-out", form)
        curl = await asyncio.create_subprocess_exec(
            "curl", *options, f"{url}/[0-{len(answers) - 1}]", stdout=asyncio.subprocess.PIPE
        )
        said, _ = await curl.communicate()
    codes: dict[str, int] = {}
    for line in said.decode().splitlines():
        codes |= json.loads(line)
    return {name: codes[f"{url}/{number}"] for number, name in enumerate(answers)}


def main() -> int:
    """1 where curl and the table differ."""
    with TemporaryDirectory() as folder:
        sloppy = asyncio.run(curled(Path(folder), SLOPPY))
        broken = asyncio.run(curled(Path(folder), BROKEN))
    refused = {name: code for name, code in sloppy.items() if code}
    taken = [name for name, code in broken.items() if not code]
    print(f"{len(sloppy)} sloppy answers, refused by curl: {refused}")
    print(f"{len(broken)} broken answers, taken by curl: {taken}")
    return 1 if refused or taken else 0


if __name__ == "__main__":
    sys.exit(main())
