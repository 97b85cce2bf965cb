"""A real browser on a page, asked through its debugging port."""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import pytest

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
needs_chromium = pytest.mark.skipif(
    PROGRAM is None, reason="there is no Chromium on this machine (apt install chromium)"
)


@dataclass(slots=True)
class Page:
    """A page in the browser."""

    socket: aiohttp.ClientWebSocketResponse
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    async def open(self, url: str) -> None:
        """Go there, and wait until it is loaded."""
        await self._call("Page.navigate", url=url)
        await self.until(f"location.href === {url!r} && document.readyState === 'complete'")

    async def says(self, script: str) -> Any:
        """The value of an expression on the page."""
        told = {"expression": script, "returnByValue": True, "awaitPromise": True}
        answer = await self._call("Runtime.evaluate", **told)
        assert "result" in answer, answer
        assert "exceptionDetails" not in answer["result"], answer
        return answer["result"]["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait until the expression is true; raises TimeoutError after 20 s."""
        told = {"expression": script, "returnByValue": True}
        async with asyncio.timeout(20):
            while True:
                answer = await self._call("Runtime.evaluate", **told)
                # While it goes from page to page there is none that could answer.
                if answer.get("result", {}).get("result", {}).get("value") is True:
                    return
                await asyncio.sleep(0.05)

    async def resize(self, width: int) -> None:
        """Let the page be so many pixels wide."""
        how = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        await self._call("Emulation.setDeviceMetricsOverride", **how)

    async def _call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self.numbers)
        await self.socket.send_json({"id": number, "method": method, "params": params})
        while (answer := await self.socket.receive_json(timeout=20)).get("id") != number:
            pass
        return dict(answer)


@asynccontextmanager
async def browsing(url: str, folder: Path) -> AsyncIterator[Page]:
    """Open the page in a browser of its own, with a profile in that folder."""
    assert PROGRAM is not None
    process = await asyncio.create_subprocess_exec(
        PROGRAM, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
        "--disable-background-networking", "--remote-debugging-port=0",
        f"--user-data-dir={folder}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        port = await _port(folder / "DevToolsActivePort")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            found = await _address(client)
            async with client.ws_connect(found, max_msg_size=0) as socket:
                page = Page(socket)
                await page.open(url)
                yield page
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _port(file: Path) -> int:
    for _ in range(600):
        if file.exists() and (lines := file.read_text().splitlines()):
            return int(lines[0])
        await asyncio.sleep(0.05)
    raise TimeoutError("the browser did not start")


async def _address(client: aiohttp.ClientSession) -> str:
    for _ in range(200):
        async with client.get("/json") as answer:
            for each in await answer.json():
                if each["type"] == "page":
                    return str(each["webSocketDebuggerUrl"])
        await asyncio.sleep(0.05)
    raise TimeoutError("the browser did not open the page")
