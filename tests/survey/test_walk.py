"""Whatever a name leads to is looked at before it is done, by whichever name comes first."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.survey.looks.facts import Facts
from downwind.survey.walk import Walk

_GRAPHS = st.dictionaries(
    st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=4), max_size=8
)


class _Lookups:
    """Looks keys up in a graph, each once, and each after some turns of the loop."""

    def __init__(self, graph: Mapping[str, list[str]], turns: Mapping[str, int]) -> None:
        self.graph = graph
        self.turns = turns
        self.done: list[str] = []
        self._started: dict[str, asyncio.Task[Facts]] = {}

    def look(self, key: str) -> asyncio.Task[Facts]:
        if key not in self._started:
            self._started[key] = asyncio.ensure_future(self._look(key))
        return self._started[key]

    async def _look(self, key: str) -> Facts:
        for _ in range(self.turns.get(key, 0)):
            await asyncio.sleep(0)
        self.done.append(key)
        return Facts((), tuple(self.graph.get(key, ())))


def _reachable(graph: Mapping[str, list[str]], key: str) -> set[str]:
    found: set[str] = set()

    def visit(at: str) -> None:
        if at not in found:
            found.add(at)
            for lead in graph.get(at, ()):
                visit(lead)

    visit(key)
    return found


@settings(max_examples=150, deadline=None)
@given(
    _GRAPHS,
    st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=6),
    st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 5)),
    st.integers(1, 20),
)
def test_all_that_a_name_leads_to_is_done_when_its_walk_ends(
    graph: dict[str, list[str]], names: list[str], turns: dict[str, int], remembered: int
) -> None:
    async def walk_all() -> None:
        lookups = _Lookups(graph, turns)
        loop = asyncio.get_running_loop()
        walk = Walk(lookups.look, loop.time, 60.0, remembered=remembered)

        async def walk_one(name: str) -> None:
            assert await walk.settle((name,)) == 0
            assert _reachable(graph, name) <= set(lookups.done)

        await asyncio.gather(*map(walk_one, names))
        assert len(lookups.done) == len(set(lookups.done))

    asyncio.run(walk_all())


async def test_what_lies_beyond_the_most_is_counted_and_walked_by_the_next() -> None:
    graph = {"a": ["b", "c", "d"], "d": ["e"]}
    lookups = _Lookups(graph, {})
    walk = Walk(lookups.look, asyncio.get_running_loop().time, 60.0, most=3)
    assert await walk.settle(("a",)) == 1
    assert set(lookups.done) == {"a", "b", "c"}
    # Nothing was settled by a walk that left something out.
    assert await walk.settle(("d",)) == 0
    assert set(lookups.done) == {"a", "b", "c", "d", "e"}
