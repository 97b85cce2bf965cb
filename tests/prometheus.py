"""A real Prometheus that scrapes a server of a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.servers import free_port, needs_program, running

needs_prometheus = needs_program("prometheus", "prometheus")
_CONFIG = """
global: {scrape_interval: 500ms}
rule_files: [RULES]
scrape_configs:
  - job_name: downwind
    authorization: {credentials: SECRET}
    static_configs: [{targets: ["HOST"]}]
"""


@asynccontextmanager
async def prometheus(folder: Path, host: str, rules: Path, secret: str) -> AsyncIterator[str]:
    """A real one that scrapes the host with a token that only reads; yields its URL."""
    told = _CONFIG.replace("HOST", host).replace("SECRET", secret).replace("RULES", str(rules))
    (folder / "prometheus.yaml").write_text(told)
    url = f"http://127.0.0.1:{(port := free_port())}"
    arguments = [
        f"--config.file={folder / 'prometheus.yaml'}", f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip
    async with running("prometheus", arguments, f"{url}/-/ready"):
        yield url


async def ask(client: aiohttp.ClientSession, url: str, query: str) -> list[dict[str, Any]]:
    async with client.get(f"{url}/api/v1/query", params={"query": query}) as answer:
        told = await answer.json()
    assert told["status"] == "success", (query, told)
    found: list[dict[str, Any]] = told["data"]["result"]
    return found
