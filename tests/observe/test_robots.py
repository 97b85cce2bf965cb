"""robots.txt is read as RFC 9309 says, and kept to on everything but a named front page."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.observe.robots import read_robots

from .look import Map, look
from .tinynet import Serving, TinyInternet, page, usual

EXAMPLE = """
User-agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-agent: barbot
User-agent: downwind
Disallow: /example/page.html   # not this

User-Agent: DownWind/1.0
Disallow: /later
"""


@pytest.mark.parametrize(
    ("agent", "path", "allowed"),
    [
        ("downwind", "/example/page.html", False),
        ("downwind", "/example/allowed.gif", True),
        ("downwind", "/later/on", False),
        ("downwind", "/a.gif", True),
        ("foobot", "/", False),
        ("foobot", "/example/page.html", True),
        ("other", "/a.gif", False),
        ("other", "/a.gif?x", True),
        ("other", "/example/page.html", False),
        ("other", "/publications/a", True),
    ],
)
def test_the_groups_of_an_agent_hold_and_else_those_of_everybody(
    agent: str, path: str, allowed: bool
) -> None:
    assert read_robots(EXAMPLE, agent).allows(path) is allowed


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        ("Allow: /p\nDisallow: /", "/page", True),
        ("Disallow: /folder\nAllow: /folder", "/folder/page", True),
        ("Disallow: /page\nAllow: /page.html", "/page.html", True),
        ("Disallow:", "/", True),
        ("Disallow: /*?", "/a?b", False),
        ("Disallow: /*a*a", "/a", True),
        ("Disallow: /*a*a", "/aba", False),
        ("Disallow: /a*a$", "/a", True),
        ("Disallow: /$", "/", False),
        ("Disallow: /$", "/a", True),
        ("Disallow: /a%3cd.html", "/a%3Cd.html", False),
        ("Disallow: /a<d.html", "/a%3Cd.html", False),
        ("Disallow: /ü", "/%C3%BC", False),
        ("disallow : /a", "/a", False),
        ("Disallow /a", "/a", True),
        ("Sitemap: https://x.test/s\nDisallow: /a", "/a", False),
    ],
)
def test_the_longest_rule_decides(rules: str, path: str, allowed: bool) -> None:
    assert read_robots(f"User-agent: *\n{rules}").allows(path) is allowed


def test_rules_before_any_agent_hold_for_nobody() -> None:
    assert read_robots("Disallow: /").allows("/")


def test_a_rule_of_a_thousand_stars_takes_no_time() -> None:
    rules = read_robots("User-agent: *\nDisallow: /" + "*a" * 900 + "$")
    began = time.monotonic()
    assert rules.allows("/" + "a" * 4000 + "b")
    assert time.monotonic() - began < 0.5


PATHS = st.text(alphabet="/ab", max_size=7).map(lambda text: f"/{text}")
RULES = st.lists(
    st.tuples(st.booleans(), st.text(alphabet="/ab*$", max_size=5).map(lambda t: f"/{t}")),
    max_size=5,
)


@settings(max_examples=400, deadline=None)
@given(RULES, PATHS)
def test_a_path_is_judged_as_by_regular_expressions(
    rules: list[tuple[bool, str]], path: str
) -> None:
    lines = [f"{'Allow' if allow else 'Disallow'}: {rule}" for allow, rule in rules]
    best: tuple[int, bool] | None = None
    for allow, rule in rules:
        body, end = (rule[:-1], "$") if rule.endswith("$") else (rule, "")
        pattern = re.escape(body).replace(r"\*", ".*")
        if re.match(f"^{pattern}{end}", path):
            best = max(best or (0, False), (len(rule), allow))
    expected = best is None or best[1]
    assert read_robots("\n".join(["User-agent: *", *lines])).allows(path) is expected


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str, path: str) -> None:
    assert read_robots(text).allows(f"/{path}") in (True, False)


def _site(robots: Serving, redirects: dict[str, str] | None = None) -> Serving:
    async def serving(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: bytes
    ) -> None:
        path = head.split(b" ")[1].decode()
        if path == "/robots.txt":
            await robots(reader, writer, head)
        elif redirects and path in redirects:
            await page("", "302 Found", f"Location: {redirects[path]}")(reader, writer, head)
        else:
            await page("hello")(reader, writer, head)

    return serving


async def _visit(
    tmp_path: Path, robots: Serving, *names: str, redirects: dict[str, str] | None = None
) -> tuple[Map, list[str]]:
    async with TinyInternet(tmp_path) as net:
        await usual(net)
        await net.resolver()
        await net.web("198.18.2.80", _site(robots, redirects))
        seen = await look(net.network(manners={"robots": True}), *names)
        return seen, [head.split(b" ")[1].decode() for head in net.heads]


NOTHING = page("User-agent: *\nDisallow: /\n")


async def test_the_front_page_of_a_named_name_is_fetched_without_asking(tmp_path: Path) -> None:
    seen, asked = await _visit(tmp_path, NOTHING, "http://x.test/")
    assert seen.value("http.page", "http://x.test/")["status"] == 200
    assert asked == ["/"]


async def test_anything_else_is_left_where_robots_txt_asks_for_it(tmp_path: Path) -> None:
    seen, asked = await _visit(tmp_path, NOTHING, "http://x.test/shop")
    reason = seen.unanswered("http.page", "http://x.test/shop").reason
    assert reason == "not fetched: robots.txt of x.test asks not to fetch /shop"
    assert asked == ["/robots.txt"]


async def test_a_redirect_is_followed_only_where_it_is_allowed(tmp_path: Path) -> None:
    rules = page("User-agent: downwind\nDisallow: /private\n")
    redirects = {"/": "/private/login"}
    seen, asked = await _visit(tmp_path, rules, "http://x.test/", redirects=redirects)
    reason = seen.unanswered("http.page", "http://x.test/").reason
    assert reason.endswith("asks not to fetch /private/login")
    assert asked == ["/", "/robots.txt"]


async def test_one_robots_txt_serves_for_all_pages_of_a_server(tmp_path: Path) -> None:
    names = [f"http://x.test/{n}" for n in range(4)]
    _, asked = await _visit(tmp_path, page("User-agent: *\nDisallow: /no\n"), *names)
    assert asked.count("/robots.txt") == 1
    assert len(asked) == 5


@pytest.mark.parametrize(
    ("status", "fetched"),
    [("404 Not Found", True), ("403 Forbidden", True), ("500 Oops", False), ("429 Busy", False)],
)
async def test_no_robots_txt_allows_and_one_that_fails_forbids(
    tmp_path: Path, status: str, fetched: bool
) -> None:
    _, asked = await _visit(tmp_path, page("User-agent: *\nDisallow: /", status), "http://x.test/a")
    assert ("/a" in asked) is fetched
