"""The picture as JSON and back."""

from __future__ import annotations

import json
import math
from dataclasses import is_dataclass
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from downwind.watch.picture import IncidentSeen, Picture, TargetSeen, to_json
from tests.show.web.pictures import NOON, hostile_picture, outage_picture

_PICTURES = TypeAdapter(Picture)
_FINITE = st.floats(allow_nan=False, allow_infinity=False)


def _of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a type of the picture, its numbers finite."""
    if kind is float:
        return _FINITE
    if get_origin(kind) is tuple:
        return st.lists(_of(get_args(kind)[0]), max_size=2).map(tuple)
    if get_origin(kind) is UnionType:
        return st.one_of(*map(_of, get_args(kind)))
    if isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.builds(kind, **{name: _of(hint) for name, hint in hints.items()})
    return st.from_type(kind)


@settings(max_examples=40, deadline=None)
@given(_of(Picture))
def test_a_picture_is_the_same_after_json(picture: Picture) -> None:
    written = json.dumps(to_json(picture), allow_nan=False)
    assert _PICTURES.validate_json(written) == picture


def test_the_sample_pictures_are_the_same_after_json() -> None:
    for picture in (outage_picture(), hostile_picture()):
        assert _PICTURES.validate_json(json.dumps(to_json(picture))) == picture


def test_numbers_that_json_lacks_become_null() -> None:
    target = TargetSeen("a/b", latency_p50=math.nan, availability=-math.inf, since=1.0)
    told = to_json(target)
    assert (told["latency_p50"], told["availability"], told["since"]) == (None, None, 1.0)
    assert to_json({"a": (1, math.inf)}) == {"a": [1, None]}


def test_what_runs_is_what_is_not_closed() -> None:
    picture = outage_picture()
    assert [each.phase for each in picture.running()] == ["open"]
    assert picture.incident("2025-11-17-own-news") is picture.incidents[1]
    assert picture.incident("no") is None
    assert picture.target("shop/do-0") is picture.targets[0]
    assert picture.target("no") is None
    assert IncidentSeen("i", "open", "own", NOON, NOON).status_page.state == "unknown"
