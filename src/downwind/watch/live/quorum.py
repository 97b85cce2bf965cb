"""How many independent voices there are, and how many of them must see a target down."""

from __future__ import annotations

from collections.abc import Iterable

from downwind.watch.detection.kernels import QUORUM
from downwind.watch.itself import VantageSeen, VoicesSeen
from downwind.watch.live.state import Live


def voices_seen(live: Live, vantages: Iterable[VantageSeen]) -> VoicesSeen:
    """The vantages that share a network, a provider or a resolver are one voice; those that look
    on demand only are left out."""
    regular = [each for each in vantages if not each.on_demand]
    well = {each.name for each in regular if each.healthy}
    names = {each.name for each in regular}
    numbers = zip(live.detector.vantages, map(int, live.detector.groups), strict=True)
    groups = {name: number for name, number in numbers if name in names}
    blind = {name for name, gone in live.sight().items() if gone}
    heard = len({group for name, group in groups.items() if name in well and name not in blind})
    return VoicesSeen(len(set(groups.values())), heard, needed(heard, live.detector.rule[QUORUM]))


def needed(heard: int, quorum: float) -> int:
    """As detection counts: more than half of those heard, and the quorum where there are as many;
    0 where none is."""
    return max(heard // 2 + 1, min(int(quorum), heard)) if heard else 0
