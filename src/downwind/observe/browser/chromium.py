"""A headless Chromium, spoken to over two pipes (Chrome DevTools Protocol)."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from downwind.observe.network import Network
from downwind.terms import CannotMeasure

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_LONGEST_MESSAGE = 1 << 26
_ANSWER_WITHIN = 30.0
_END_WITHIN = 5.0
_NOBODY = 65534

Event = tuple[str, str, Mapping[str, Any]]
"""Session, method, parameters."""


def find_chromium() -> str:
    """Where it is; raises CannotMeasure."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise CannotMeasure(
            "there is no Chromium on this machine.",
            todo="Install it (Debian, Ubuntu: apt install chromium), or leave out --browser.",
        )
    return found


class Chromium:
    """One browser process with a profile of its own, gone when it is left."""

    def __init__(self, network: Network, proxy_port: int) -> None:
        self._network = network
        self._proxy_port = proxy_port
        self._numbers = itertools.count(1)
        self._answers: dict[int, asyncio.Future[Mapping[str, Any]]] = {}
        self._listeners: dict[str, Callable[[str, Mapping[str, Any]], None]] = {}

    async def __aenter__(self) -> Chromium:
        program = find_chromium()
        self._profile = tempfile.TemporaryDirectory(
            prefix="downwind-browser-", ignore_cleanup_errors=True
        )
        ours_in, ours_out = self._spawn(program)
        await self._connect(ours_in, ours_out)
        try:
            version = await self.call("Browser.getVersion")
        except BaseException:
            await self._end()
            raise
        self.agent = str(version["userAgent"]).replace("Headless", "") + f" {self._network.agent}"
        return self

    async def __aexit__(self, *_: object) -> None:
        try:
            with suppress(CannotMeasure, TimeoutError):
                async with asyncio.timeout(_END_WITHIN):
                    await self.call("Browser.close")
                    await self._reading
        finally:
            await self._end()

    async def _end(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        self._in.close()
        if not self._out.is_closing():
            self._out.abort()
        # The group has only what this browser started.
        with suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        await asyncio.to_thread(os.waitpid, self._pid, 0)
        await asyncio.to_thread(self._profile.cleanup)

    def _spawn(self, program: str) -> tuple[int, int]:
        """Start it; the ends of the pipes that are ours, to read and to write."""
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        # Above the two numbers that the browser will use for them.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (theirs_in, theirs_out)]
        command = [*_as_nobody(self._profile.name), program, *self._arguments()]
        self._pid = os.posix_spawn(
            command[0],
            command,
            {**os.environ, "HOME": self._profile.name},
            file_actions=[
                (os.POSIX_SPAWN_DUP2, high[0], 3),
                (os.POSIX_SPAWN_DUP2, high[1], 4),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,
        )
        for fd in (theirs_in, theirs_out, *high):
            os.close(fd)
        return ours_in, ours_out

    def _arguments(self) -> list[str]:
        arguments = [
            "--headless=new",
            "--remote-debugging-pipe",
            f"--user-data-dir={self._profile.name}",
            f"--proxy-server=http://127.0.0.1:{self._proxy_port}",
            # Loopback too, and no look-up of its own.
            "--proxy-bypass-list=<-loopback>",
            "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
            "--disable-quic",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-default-apps",
            "--disable-extensions",
            "--disable-sync",
            "--disable-domain-reliability",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--metrics-recording-only",
            "--no-first-run",
            "--no-pings",
            "--mute-audio",
        ]
        if self._network.trust is not None:
            # It takes no anchors from outside; the proxy checks certificates against ours.
            arguments.append("--ignore-certificate-errors")
        if os.geteuid() == 0:
            # The user that it becomes may not have the namespaces that its own sandbox needs.
            arguments.append("--no-sandbox")
        return arguments

    async def _connect(self, ours_in: int, ours_out: int) -> None:
        loop = asyncio.get_running_loop()
        self._reader = asyncio.StreamReader(limit=_LONGEST_MESSAGE)
        protocol = asyncio.StreamReaderProtocol(self._reader)
        self._in, _ = await loop.connect_read_pipe(
            lambda: protocol, os.fdopen(ours_in, "rb", buffering=0)
        )
        self._out, _ = await loop.connect_write_pipe(
            asyncio.Protocol, os.fdopen(ours_out, "wb", buffering=0)
        )
        self._reading = asyncio.ensure_future(self._read())

    async def call(
        self, method: str, parameters: Mapping[str, Any] | None = None, session: str = ""
    ) -> Mapping[str, Any]:
        """One command and its result; raises CannotMeasure where the browser refuses or is gone."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": dict(parameters or {})}
        if session:
            message["sessionId"] = session
        answer: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        self._out.write(json.dumps(message).encode() + b"\0")
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                return await answer
        except TimeoutError:
            raise CannotMeasure(f"the browser did not answer {method} in time.") from None
        finally:
            self._answers.pop(number, None)

    def listen(self, session: str, listener: Callable[[str, Mapping[str, Any]], None]) -> None:
        """Hand every event of a session on, as method and parameters."""
        self._listeners[session] = listener

    def forget(self, session: str) -> None:
        """No more of its events."""
        self._listeners.pop(session, None)

    async def _read(self) -> None:
        with suppress(asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            while True:
                self._take(json.loads((await self._reader.readuntil(b"\0"))[:-1]))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(CannotMeasure("the browser has ended."))

    def _take(self, message: Mapping[str, Any]) -> None:
        if "id" not in message:
            listener = self._listeners.get(message.get("sessionId", ""))
            if listener is not None:
                listener(message["method"], message.get("params", {}))
            return
        answer = self._answers.get(message["id"])
        if answer is None or answer.done():
            return
        if "error" in message:
            reason = str(message["error"].get("message", ""))[:200]
            answer.set_exception(CannotMeasure(f"the browser refuses: {reason}."))
        else:
            answer.set_result(message["result"])


def _as_nobody(profile: str) -> list[str]:
    """For root: the words that make the browser, which reads a stranger's pages, nobody's."""
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise CannotMeasure(
            "root does not browse, and there is no setpriv to become somebody else.",
            todo="Run it as an ordinary user.",
        )
    os.chown(profile, _NOBODY, _NOBODY)
    return [setpriv, f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
