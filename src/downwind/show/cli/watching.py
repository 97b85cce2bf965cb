"""The verbs watch and vantage: they run until they are ended."""

import asyncio
import resource
import signal
from collections.abc import Awaitable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from downwind.show.cli.options import (
    AsDatabaseFile,
    AsJson,
    Contact,
    ModelFiles,
    Overlays,
    print_json,
    read_catalog,
    read_model,
    seconds,
)
from downwind.terms import State

if TYPE_CHECKING:
    from downwind.jobs.watching import Watcher, WatchOptions
    from downwind.observe import Network
    from downwind.show.web import Access
    from downwind.watch.picture import Picture
    from downwind.watch.vantages import HubAddress

_T = TypeVar("_T")
_FILES = 65_536
_SETTLES = 1.0
"""Seconds for which a change may grow before it is told: victims follow one another."""
STORE = Path(".downwind/watch")
_Store = Annotated[
    Path, typer.Option("--store", help="Where it keeps what it sees and decides.", metavar="DIR")
]
_Network = Annotated[
    Path | None,
    typer.Option(help="The handout of an emulated internet, in place of the real one."),
]
_AllowPrivate = Annotated[
    list[str] | None,
    typer.Option(help="A private prefix that may be probed, such as 10.0.0.0/8."),
]


def watch_(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Host names or URLs, besides those of the model.", metavar="[NAME]..."),
    ] = None,
    model: ModelFiles = None,
    store: _Store = STORE,
    catalog: Overlays = None,
    asdb: AsDatabaseFile = None,
    network: _Network = None,
    allow_private: _AllowPrivate = None,
    contact: Contact = "",
    listen: Annotated[
        str, typer.Option(help="Where the page and the API are; `off` for nowhere.")
    ] = "127.0.0.1:8600",
    public_name: Annotated[
        list[str] | None,
        typer.Option("--name", help="A host name under which the page is asked; may be repeated."),
    ] = None,
    certificate: Annotated[
        Path | None, typer.Option(help="The certificate chain (PEM) to serve the page with.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Its key (PEM).")] = None,
    lasts: Annotated[
        str | None, typer.Option("--for", help="End after so long, as 90s or 2h.", metavar="TIME")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Watch services: who is down, whose fault it is, and since when.

    It maps what they stand on, probes them, and says who is at fault, as far as the evidence goes.
    The page is at http://127.0.0.1:8600/. Ctrl-C ends it; what it knows is kept, and it goes on
    from there. With --for it ends with 1 where something is down, with 3 where it saw nothing.
    With --json the last picture is printed when it ends; while it runs, ask the API.
    """
    from downwind.jobs.watching import WatchOptions
    from downwind.model import Model, WatchSettings
    from downwind.show.cli.network import open_network
    from downwind.watch.watched import model_of_names

    written = read_model(model)
    services = (*written.services, *model_of_names(names or []).services)
    whole = Model(
        services=services, components=written.components, watch=written.watch or WatchSettings()
    )
    opened = open_network(network, allow_private or [], contact)
    host, port = _endpoint(listen)
    web = _Web(host, port, tuple(public_name or ()), certificate, key) if host else None
    options = WatchOptions(
        model=whole,
        network=opened,
        catalog=read_catalog(catalog, asdb=asdb, real=network is None),
        directory=store,
        page=web.address if web else "",
        told=_say,
    )
    picture = _until_ended(_watch(options, web, seconds(lasts) if lasts else None, as_json))
    if picture is None:
        return
    if as_json:
        from downwind.watch.picture import to_json

        print_json(to_json(picture))
    if lasts:
        raise typer.Exit(_code(picture))


def vantage_(
    name: Annotated[str, typer.Argument(help="Its name, as the hub's `watch.vantages` has it.")],
    hub: Annotated[str, typer.Option(help="The hub's address: https://watch.example:8600.")],
    token: Annotated[
        str, typer.Option(help="Its token.", envvar="DOWNWIND_TOKEN", show_default=False)
    ],
    store: _Store = Path(".downwind/vantage"),
    network: _Network = None,
    allow_private: _AllowPrivate = None,
    contact: Contact = "",
    authority: Annotated[
        Path | None, typer.Option(help="Trust this certificate authority (PEM) for the hub.")
    ] = None,
    fingerprint: Annotated[
        str | None, typer.Option(help="Trust the hub's certificate by its SHA-256.")
    ] = None,
) -> None:
    """Probe from here what a hub orders, and report to it; what it cannot take waits here.

    Ctrl-C ends it; what was not sent is on disk, and goes out when it runs again.
    """
    from downwind.show.cli.network import open_network
    from downwind.watch.vantages import HubAddress

    address = HubAddress(hub, token, ca=authority, fingerprint=fingerprint or "")
    opened = open_network(network, allow_private or [], contact)
    _until_ended(_report(name, address, opened, store))


async def _report(name: str, hub: "HubAddress", network: "Network", store: Path) -> None:
    from dataclasses import replace

    from downwind.jobs.watching.vantage import performing
    from downwind.watch.vantages import VantageOptions, run_vantage

    here = replace(network, vantage=name)
    async with performing(here) as probe:
        await run_vantage(
            VantageOptions(
                name=name, hub=hub, folder=store, probe=probe, clock=here.clock, told=_say
            )
        )


def _say(text: str) -> None:
    typer.echo(f"downwind: {text}", err=True)


@dataclass(frozen=True, slots=True)
class _Web:
    """Where and how the page is served."""

    host: str
    port: int
    names: tuple[str, ...]
    chain: Path | None
    key: Path | None

    @property
    def address(self) -> str:
        """The page's address for those whom alerts reach: by a name of it, where it has one.

        >>> _Web("0.0.0.0", 8600, ("watch.example",), Path("chain.pem"), None).address
        'https://watch.example:8600/'
        """
        host = self.names[0] if self.names else self.host
        bracketed = f"[{host}]" if ":" in host else host
        return f"{'https' if self.chain else 'http'}://{bracketed}:{self.port}/"


async def _watch(
    options: "WatchOptions", web: _Web | None, lasts: float | None, quiet: bool
) -> "Picture":
    from contextlib import AsyncExitStack

    from downwind.jobs.watching import LiveHub, watching

    if web is not None:
        _check_listen(options, web)  # before the map, which takes a while
    async with AsyncExitStack() as stack:
        watcher = await stack.enter_async_context(watching(options))
        if web is not None:
            url = await stack.enter_async_context(_serving(options, LiveHub(watcher), web))
            options.told(f"The page is at {url}/")
        telling = asyncio.create_task(_tell(watcher, quiet=quiet))
        ended = asyncio.create_task(watcher.ended())
        try:
            await asyncio.wait([ended], timeout=_wall(options, lasts))
            if ended.done():
                ended.result()
        except asyncio.CancelledError:
            options.told("Ending; what it knows is kept.")
        finally:
            telling.cancel()
            ended.cancel()
        return watcher.picture


def _wall(options: "WatchOptions", lasts: float | None) -> float | None:
    return None if lasts is None else options.network.clock.wall(lasts)


def _access(options: "WatchOptions", web: _Web) -> "Access":
    from downwind.show.web import check_bind, tokens_of
    from downwind.terms import UsageError

    settings = options.settings
    agents = {place.name for place in settings.vantages}
    tokens = tokens_of(settings.tokens, agents)
    if (web.chain is None) is not (web.key is None):
        raise UsageError("--certificate and --key go together.")
    return check_bind(web.host, tokens, names=web.names, encrypted=web.chain is not None)


def _check_listen(options: "WatchOptions", web: _Web) -> None:
    """Raise UsageError where nobody may, or can, listen there."""
    from downwind.show.web.serve import listen

    warning = _access(options, web).warning
    listen(web.host, web.port).close()
    if warning:
        options.told(warning)


def _serving(options: "WatchOptions", hub: Any, web: _Web) -> Any:
    from downwind.show.web import Certificate, build_app, serving

    certificate = Certificate(web.chain, web.key) if web.chain and web.key else None
    app = build_app(hub, _access(options, web))
    return serving(app, web.host, web.port, certificate)


async def _tell(watcher: "Watcher", *, quiet: bool) -> None:
    """A screen that renews itself on a terminal, else a line whenever the sentence changes."""
    from downwind.show.screen import screen
    from downwind.show.watch_view import watch_view
    from downwind.show.watch_words import clock, summary

    if quiet:
        return
    out = screen()
    if out.is_terminal:
        from rich.live import Live

        with Live(console=out, auto_refresh=False) as live:
            while True:
                live.update(watch_view(watcher.picture, watcher.now()), refresh=True)
                await watcher.changed()
                await asyncio.sleep(0.5)
    before = ""
    while True:
        await watcher.changed()
        await asyncio.sleep(_SETTLES)
        picture = watcher.picture
        known = all(each.state is not None for each in picture.targets)
        told = summary(picture, watcher.now())
        if told != before and (known or picture.running() or picture.watcher.blind):
            before = told
            print(f"{clock(picture.at, 0.0)}  {told}", flush=True)


def _take_all_files() -> None:
    """As many open files as this user may have: each probe under way takes one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _FILES), hard))


def _until_ended(work: Awaitable[_T]) -> _T | None:
    """Run it; SIGINT and SIGTERM end it in order."""

    _take_all_files()

    async def run() -> _T | None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, task.cancel)
        try:
            return await task
        except asyncio.CancelledError:
            return None

    return asyncio.run(run())


def _code(picture: "Picture") -> int:
    """1 with an incident open that is of no slow ones, or something down, 3 where nothing was seen,
    else 0."""
    states = {each.state for each in picture.targets if each.kind == "capability"}
    if picture.watcher.blind:
        _say(f"Nothing was seen: {picture.watcher.reason or 'its own connectivity fails'}.")
    elif not states - {None}:
        _say("Nothing was seen yet: the first probes are spread over one interval.")
    if any(not each.slow for each in picture.running()) or State.DOWN in states:
        return 1
    return 0 if states - {None} else 3


def _endpoint(text: str) -> tuple[str, int]:
    from downwind.terms import UsageError

    if text == "off":
        return "", 0
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise UsageError(
            f"--listen wants HOST:PORT, not {text!a:.60}.", todo="Write 127.0.0.1:8600, or off."
        )
    return host.strip("[]"), int(port)
