"""The page on the API lists every route with its right, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from downwind.model import model_from_texts
from downwind.show.web import Right, tokens_of
from downwind.show.web.app import DOCUMENT
from downwind.show.web.operations import LARGE, SMALL
from downwind.show.web.routes import OPERATIONS


def _page(project: Path) -> str:
    return (project / "docs" / "watch-api.md").read_text(encoding="utf-8")


def test_every_route_is_listed_with_its_right(project: Path) -> None:
    listed = {
        (route, right)
        for routes, right in re.findall(r"^\| (`[A-Z].+?) \| (\w+) \|", _page(project), re.M)
        for route in re.findall(r"`([A-Z]+ [^`]+)`", routes)
    }
    rows = (*OPERATIONS, DOCUMENT)
    assert listed == {(f"{row.method} {row.template}", row.right or "none") for row in rows}


def test_the_fields_of_a_body_are_listed(project: Path) -> None:
    text = _page(project)
    for row in OPERATIONS:
        if row.body is None:
            continue
        line = next(each for each in text.splitlines() if f"POST {row.template}`" in each)
        assert set(row.body.model_fields) == set(re.findall(r"`([a-z]+)`", line)), row.name


def test_the_example_of_tokens_gives_each_the_rights_that_the_page_tells(project: Path) -> None:
    example = re.findall(r"```yaml\n(watch:.+?)```", _page(project), re.S)[0]
    names = ("PROMETHEUS", "PIPELINE", "PARIS")
    secrets = {f"{each}_TOKEN": each * 4 for each in names}
    watch = model_from_texts([("m.yaml", example)], secrets).watch
    assert watch is not None
    found = tokens_of(watch.tokens, {each.name for each in watch.vantages})
    assert [(each.name, sorted(each.rights)) for each in found] == [
        ("prometheus", [Right.READ]),
        ("pipeline", [Right.ACT, Right.READ]),
        ("paris", [Right.REPORT]),
    ]


def test_the_sizes_are_those_of_the_code(project: Path) -> None:
    assert f"{SMALL >> 10} KiB" in _page(project)
    assert f"{LARGE >> 20} MiB" in _page(project)
