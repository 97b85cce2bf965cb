"""The page on the API lists every route with its right, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from downwind.show.web import read_tokens
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


def test_the_example_of_a_tokens_file_is_one(project: Path) -> None:
    example = re.findall(r"```\n(prometheus .+?)```", _page(project), re.S)[0]
    assert [token.name for token in read_tokens(example)] == ["prometheus", "pipeline"]


def test_the_sizes_are_those_of_the_code(project: Path) -> None:
    assert f"{SMALL >> 10} KiB" in _page(project)
    assert f"{LARGE >> 20} MiB" in _page(project)
