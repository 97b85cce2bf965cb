"""What an earlier map does not hold is looked at when the watch begins, and nothing else."""

from __future__ import annotations

from pathlib import Path

from downwind.catalog import Catalog
from downwind.jobs.remap import remap, unmapped
from downwind.jobs.watching import WatchOptions
from downwind.jobs.watching.start import _map
from downwind.model import Model
from tests.observe.tinynet import TinyInternet, page, usual

IP = "198.18.2.80"
HOOK = {"alerts": [{"name": "pager", "webhook": "https://hook.x.test/in"}]}


def model_of(*hosts: str, **watch: object) -> Model:
    services = [
        {"name": host, "capabilities": [{"id": "up", "probes": [{"http": f"http://{host}/"}]}]}
        for host in hosts
    ]
    return Model.model_validate({"services": services, "watch": watch})


async def _mapped(net: TinyInternet, model: Model, folder: Path) -> None:
    await usual(net, f"new A {IP}", f"hook A {IP}")
    await net.resolver()
    await net.web(IP, page("hello"))
    await remap(model, net.network(), Catalog.from_texts([]), folder, None, budget=60.0)


async def test_what_no_map_has_looked_at_is_told_by_its_name(tmp_path: Path) -> None:
    async with TinyInternet(tmp_path) as net:
        await _mapped(net, model_of("x.test"), tmp_path / "map")
    hosts = ("x.test", "X.test.", "new.x.test", "198.18.2.80")
    assert unmapped(hosts, tmp_path / "map") == {"new.x.test"}
    assert unmapped(hosts, tmp_path / "none") == {"x.test", "X.test.", "new.x.test"}


async def test_a_watch_that_begins_anew_looks_at_new_services_and_alert_routes_alone(
    tmp_path: Path,
) -> None:
    told: list[str] = []
    async with TinyInternet(tmp_path) as net:
        await _mapped(net, model_of("x.test"), tmp_path / "map")
        options = WatchOptions(
            model_of("x.test", "new.x.test", **HOOK),
            net.network(),
            Catalog.from_texts([]),
            tmp_path,
            told=told.append,
        )
        before = len(net.heads)
        graph = await _map(options)
        fetched = {head.split(b"Host: ")[1].split(b"\r\n")[0] for head in net.heads[before:]}
        assert told[0] == "Mapping 2 hosts first."
        assert fetched == {b"new.x.test"}
        assert {"host:x.test", "host:new.x.test", "host:hook.x.test"} <= set(graph.nodes)
        told.clear()
        await _map(options)
        assert told == []
