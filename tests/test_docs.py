"""The pages and the code say the same: keys, defaults, modes, routes, fields, examples."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
import yaml
from aiohttp import hdrs
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from typer.core import TyperGroup

from downwind.model import Claim, load_model, model_from_texts, parse_duration
from downwind.model import types as model_types
from downwind.model import watching as watch_types
from downwind.observe.feed import KIND, FeedIncident, FeedReading
from downwind.questions.claims import REASONS
from downwind.show import replay_form
from downwind.show.cli.main import app
from downwind.terms import Scope
from downwind.world.apps import APPS
from downwind.world.apps.statusfeeds import FEEDS
from downwind.world.form import scenario as scenario_types
from downwind.world.form import schema as world_types
from downwind.world.form.deal import deal, deal_scope
from downwind.world.form.fit import check_scenario
from downwind.world.form.load import load_world
from downwind.world.form.modes import ANNOUNCED, MODES, WORDS
from downwind.world.form.owners import owners_model
from downwind.world.form.scenario import load_scenario, packaged
from downwind.world.hosting import check_apps, host_config
from downwind.world.net.clock import WorldClock
from downwind.world.net.platform import Account, HostConfig, HttpReply, Platform, Unreachable

DOCS = Path(__file__).resolve().parent.parent / "docs"
EXAMPLES = DOCS / "examples"
WRITTEN = (
    "world-file.md",
    "world-apps.md",
    "scenario-file.md",
    "model-file.md",
    "watch-file.md",
    "claims.md",
    "tutorial.md",
)
STATUS_PAGES = [{"provider": "a", "format": name} for name in FEEDS]

TABLES: list[tuple[str, str, type[BaseModel]]] = [
    ("world-file.md", "The whole file", world_types.WorldFile),
    ("world-file.md", "A provider", world_types.Provider),
    ("world-file.md", "A product", world_types.Product),
    ("world-file.md", "A region", world_types.Region),
    ("world-file.md", "An error page", world_types.ErrorPage),
    ("world-file.md", "A leaning", world_types.Leaning),
    ("world-file.md", "The registry", world_types.Registry),
    ("world-file.md", "A service", world_types.WorldService),
    ("world-file.md", "A host", world_types.Host),
    ("world-file.md", "A resource", world_types.HostResource),
    ("world-file.md", "An account", world_types.DemoAccount),
    ("scenario-file.md", "The whole file", scenario_types.ScenarioSpec),
    ("scenario-file.md", "The fault", scenario_types.FaultSpec),
    ("scenario-file.md", "An event", scenario_types.EventSpec),
    ("scenario-file.md", "A report", scenario_types.ReportSpec),
    ("watch-file.md", "The settings", watch_types.WatchSettings),
    ("watch-file.md", "A probe", watch_types.Probe),
    ("watch-file.md", "A place", watch_types.Place),
    ("watch-file.md", "A token", watch_types.Token),
    ("watch-file.md", "An alert route", watch_types.Route),
    ("watch-file.md", "A heartbeat", watch_types.Heartbeat),
    ("watch-file.md", "A feed", watch_types.Feed),
    ("watch-file.md", "Domains", watch_types.Domains),
    ("watch-file.md", "Globalping", watch_types.Globalping),
    ("watch-file.md", "Maintenance", watch_types.Maintenance),
    ("model-file.md", "The whole file", model_types.Model),
    ("model-file.md", "A service", model_types.Service),
    ("model-file.md", "A capability", model_types.Capability),
    ("model-file.md", "A component", model_types.Component),
    ("model-file.md", "A declared need", model_types.DeclaredNeed),
    ("model-file.md", "A step", model_types.Step),
    ("model-file.md", "An expectation", model_types.Expect),
    ("claims.md", "The form", Claim),
]


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def section(name: str, heading: str) -> str:
    """The text under a heading, up to the next one."""
    found = re.search(rf"^#+ {re.escape(heading)}$(.*?)(?=^#|\Z)", page(name), re.M | re.S)
    assert found, f"docs/{name} has no heading {heading!r}"
    return found[1]


def rows(text: str) -> dict[str, list[str]]:
    """The rows of the tables in a text whose first cell is code, by what that is."""
    cells = [
        [cell.strip() for cell in line.strip("|").split(" | ")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    return {name: row for row in cells for name in re.findall(r"`([^`]+)`", row[0])}


def blocks(name: str) -> list[str]:
    """The YAML that a page shows."""
    return re.findall(r"```yaml\n(.*?)```", page(name), re.S)


def commands(name: str) -> list[list[str]]:
    """The command lines of a page that call Downwind, each without `./run downwind`."""
    joined = page(name).replace("\\\n", " ")
    lines = re.findall(r"^(?: {4}|\t)\./run (downwind|demo)(.*)$", joined, re.M)
    starts = {"downwind": [], "demo": ["replay", "cloudflare-2025-11-18"]}
    return [[*starts[verb], *shlex.split(rest, comments=True)] for verb, rest in lines]


def schemas(of: type[BaseModel]) -> set[type[BaseModel]]:
    """A schema and all that it is made of."""
    found: set[type[BaseModel]] = set()
    pending: list[Any] = [of]
    while pending:
        here = pending.pop()
        if isinstance(here, type) and issubclass(here, BaseModel) and here not in found:
            found.add(here)
            pending += [field.annotation for field in here.model_fields.values()]
        pending += getattr(here, "__args__", ())
    return found


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_the_example_of_a_world_loads_and_can_be_dealt(seed: int | None) -> None:
    written = load_world(EXAMPLES / "my-world.yaml")
    scenario = load_scenario(str(EXAMPLES / "my-scenario.yaml"), longest_gap=720.0)

    world = deal(written, seed)

    check_apps(world, APPS)
    assert len(owners_model(world).services) == len(written.services)
    fault = deal_scope(world, Scope.parse(scenario.spec.fault.scope), seed)
    assert world.product(fault.provider, fault.product) is not None


def test_the_example_of_a_scenario_breaks_the_world_beside_it_at_its_onset() -> None:
    scenario = load_scenario(str(EXAMPLES / "my-scenario.yaml"))

    assert scenario.world_file == EXAMPLES / "my-world.yaml"
    check_scenario(scenario, load_world(scenario.world_file))
    orders = [(event.at, event.order["do"]) for event in scenario.events if event.order]
    assert orders[0] == (scenario.onset, "break")
    assert orders[-1] == (scenario.until, "mend")
    known = {key for key, _, _ in owners_model(load_world(scenario.world_file)).capabilities()}
    assert {f"{r.service}/{r.capability}" for r in scenario.spec.reported} <= known


def test_the_example_of_a_model_loads() -> None:
    model = load_model([EXAMPLES / "my-model.yaml"], {})

    assert [key for key, _, _ in model.capabilities()] == [
        "shop.example/browse",
        "shop.example/order",
    ]


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_page_quotes_stands_in_a_file_that_runs_or_is_a_whole_model(name: str) -> None:
    packed = [*packaged("worlds").values(), *packaged("scenarios").values()]
    files = [*EXAMPLES.glob("*.yaml"), *packed]
    quoted = "\n".join(file.read_text(encoding="utf-8") for file in files)
    lines = [line.strip() for line in quoted.splitlines()]

    for block in blocks(name):
        if block.startswith("services:"):
            model_from_texts([(name, block)], {"SHOP_PASSWORD": "x"})
            continue
        asked = [line.strip() for line in block.splitlines()]
        assert [line for line in asked if line not in lines] == [], f"docs/{name}: in no file"


@pytest.mark.parametrize(("name", "heading", "schema"), TABLES)
def test_a_table_holds_the_keys_of_its_schema_and_no_others(
    name: str, heading: str, schema: type[BaseModel]
) -> None:
    keys = {field.alias or key for key, field in schema.model_fields.items()}

    assert set(rows(section(name, heading))) == keys


@pytest.mark.parametrize(("name", "heading", "schema"), TABLES)
def test_a_table_gives_the_defaults_of_its_schema(
    name: str, heading: str, schema: type[BaseModel]
) -> None:
    table = rows(section(name, heading))

    wrong = {
        key: table[field.alias or key][2]
        for key, field in schema.model_fields.items()
        if not default_is(table[field.alias or key][2], field)
    }

    assert wrong == {}


def default_is(cell: str, field: FieldInfo) -> bool:
    """Whether a table's cell says what the default is."""
    if field.is_required():
        return cell == "required"
    default = field.get_default(call_default_factory=True)
    if default is None:
        return cell == "none"
    if isinstance(default, BaseModel):
        return cell != "required"
    if not default and isinstance(default, str | tuple | dict):
        return cell == "empty"
    said = cell.strip("`")
    if isinstance(default, float) and not isinstance(default, bool):
        return parse_duration(said) == default
    return bool(yaml.safe_load(said) == default)


def test_every_schema_of_the_files_has_a_table() -> None:
    wholes = (world_types.WorldFile, scenario_types.ScenarioSpec, model_types.Model)
    needed = {schema for whole in wholes for schema in schemas(whole)}

    assert needed == {schema for _, _, schema in TABLES}


@pytest.mark.parametrize("system", list(MODES))
def test_the_world_page_lists_the_modes_of_a_system(system: str) -> None:
    assert set(rows(section("world-file.md", system))) == set(MODES[system])


def test_the_pages_list_the_further_words_of_orders_and_announcements() -> None:
    assert set(rows(section("world-file.md", "Systems, and how they break"))) == set(WORDS)
    listed = rows(section("scenario-file.md", "Announcements"))
    assert set(listed) == {*ANNOUNCED, "provider"}
    for word, values in ANNOUNCED.items():
        assert set(values) == set(re.findall(r"`(\w+)`", listed[word][1])), word


def test_the_claims_page_lists_every_reason_with_its_verdict() -> None:
    found = re.findall(r"^\| `([\w-]+)` \| (holds|broken|unknown) \|", page("claims.md"), re.M)

    assert dict(found) == dict(REASONS)
    kinds = set(get_args(Claim.model_fields["kind"].annotation))
    told = rows(section("claims.md", "The form"))["kind"][3]
    assert kinds == set(re.findall(r"`([\w-]+)`", told))


def test_the_evidence_page_tells_every_field_of_a_status_feed() -> None:
    told = set(re.findall(r"`(\w+)`", rows(page("evidence.md"))[KIND][2]))

    assert set(FeedReading("fresh").to_json()) <= told
    assert set(FeedIncident.__dataclass_fields__) <= told


class _Nowhere:
    """A client of a world without other hosts."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        json: Any | None = None,
        headers: Any | None = None,
        timeout: float | None = None,
    ) -> HttpReply:
        raise Unreachable(f"{method} {url}")


@pytest.mark.parametrize("kind", list(APPS))
async def test_the_page_of_applications_lists_the_routes_of_each(kind: str, tmp_path: Path) -> None:
    routes: set[str] = set()
    for settings in STATUS_PAGES if kind == "statuspage" else [{}]:
        config = HostConfig("a.test", "a.test", settings, accounts=(Account("ada", "x"),))
        clock = WorldClock.starting(0.0, 1.0)
        made = APPS[kind](config, Platform(clock, tmp_path, None, _Nowhere()))
        routes |= {
            f"{route.method} {route.resource.canonical}"
            for route in made.router.routes()
            if route.resource is not None and route.method != hdrs.METH_HEAD
        }
        made.freeze()
        await made.startup()
        await made.cleanup()

    assert set(rows(section("world-apps.md", kind))) == routes


def test_a_link_between_pages_leads_to_a_page_and_a_heading_that_are_there() -> None:
    for file in sorted(DOCS.rglob("*.md")):
        text = file.read_text(encoding="utf-8")
        for target, anchor in re.findall(r"\]\(([^)#:\s]*)(?:#([^)]+))?\)", text):
            there = file.parent / target if target else file
            assert there.exists(), f"{file.name}: {target}"
            assert not anchor or anchor in anchors(there), f"{file.name}: {target}#{anchor}"


def anchors(file: Path) -> set[str]:
    """What a link may lead to in a page: its headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(encoding="utf-8"), re.M)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


def test_the_journeys_of_the_example_use_only_routes_that_the_page_lists() -> None:
    world = load_world(EXAMPLES / "my-world.yaml")
    apps = {host.host: host.app for service in world.services for host in service.hosts}

    for service in world.services:
        assert all(host_config(service, host).service == service.name for host in service.hosts)
        for step in (step for c in service.capabilities for step in c.journey):
            host, _, path = step.url.removeprefix("https://").partition("/")
            if step.do == "message":
                assert apps[host] == "messenger"
                continue
            wanted = f"{step.do.upper()} /{path}"
            listed = rows(section("world-apps.md", apps[host]))
            fits = [re.sub(r"\{\w+\}", "[^/]+", route) for route in listed]
            assert any(re.fullmatch(pattern, wanted) for pattern in fits), wanted


def test_the_replay_page_lists_every_field_of_the_json_form() -> None:
    tree = ast.parse(Path(replay_form.__file__).read_text(encoding="utf-8"))
    fields = {
        key.value
        for found in ast.walk(tree)
        if isinstance(found, ast.Dict)
        for key in found.keys
        if isinstance(key, ast.Constant)
    }

    told = set(re.findall(r"`(\w+)`", page("replay-json.md")))
    listed = set(rows(page("replay-json.md")))

    assert len(fields) > 20
    assert fields - told == set()
    assert {name for name in listed if name not in fields and not name.isdigit()} == set()


@pytest.mark.parametrize("name", [path.name for path in sorted(DOCS.glob("*.md"))])
def test_a_command_on_a_page_exists_with_its_options(name: str) -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, TyperGroup)

    for verb, *words in commands(name):
        command = group.commands[verb]
        # Raises for an option or a value that the command does not know.
        with command.make_context(verb, list(words)):
            pass
        for word in words:
            if word.startswith("docs/"):
                assert (DOCS.parent / word).exists(), word
