"""Delegations as the parent zone's own servers tell them: name servers, glue, signed or not.

One such question tells what takes two through a resolver (NS and DS), and the glue besides. The
parent's servers would hear of the second one anyway, so this costs them nothing more.
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from downwind.survey.dns.client import Answer, Client
from downwind.survey.dns.rdata import AAAA, DS, NS, A
from downwind.survey.dns.wire import Record
from downwind.survey.limits.pace import Doors
from downwind.survey.looks.facts import is_under
from downwind.survey.memory.recent import Recent

_SERVERS_TRIED = 3
_SILENT_IS_DEAD = 3
_DEAD_FOR = 60.0


@dataclass(frozen=True, slots=True)
class Referral:
    """What a zone's own server says when asked for a name below a cut."""

    cut: str
    ttl: int
    hosts: tuple[str, ...]
    glue: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ds: tuple[Record, ...] | None = None
    """None where the server knows nothing of DNSSEC, and so did not say."""


@dataclass(slots=True)
class _Silence:
    """How often in a row a server was silent, and when it was last."""

    times: int = 0
    at: float = 0.0


class Referrals:
    """Asks the servers of parent zones."""

    def __init__(
        self,
        client: Client,
        doors: Doors,
        servers_of: Callable[[str], Awaitable[Sequence[str]]],
        most: int = 20_000,
    ) -> None:
        self._client = client
        self._doors = doors
        self._servers_of = servers_of
        self._known: Recent[Referral] = Recent(most)
        self._silent: Recent[_Silence] = Recent(most)

    async def refer(self, parent: str, name: str) -> Referral | None:
        """The referral for `name` by a server of its parent zone; None where none gave one.

        A server that holds parent and child answers for the child, and gives none.
        """
        known = self._known.get(name)
        if known is not None:
            return known
        servers = [ip for ip in await self._servers_of(parent) if not self._dead(ip)]
        random.shuffle(servers)
        for ip in servers[:_SERVERS_TRIED]:
            async with self._doors.through(ip):
                answer = await self._client.direct(name, NS, ip)
            self._hear(ip, answer)
            referral = _referral(answer, parent, name)
            if referral is not None:
                self._known.put(referral.cut, referral)
                return referral
            if answer.answered:
                return None
        return None

    def _dead(self, ip: str) -> bool:
        # RFC 9520: a failure is remembered, and what is dead is not asked on and on.
        silence = self._silent.get(ip)
        if silence is None or silence.times < _SILENT_IS_DEAD:
            return False
        return self._client.now() - silence.at < _DEAD_FOR

    def _hear(self, ip: str, answer: Answer) -> None:
        if answer.message is not None:
            if self._silent.get(ip) is not None:
                self._silent.put(ip, _Silence())
            return
        silence = self._silent.get(ip) or _Silence()
        self._silent.put(ip, _Silence(silence.times + 1, self._client.now()))


def _referral(answer: Answer, parent: str, name: str) -> Referral | None:
    message = answer.message
    if message is None or message.rcode != 0 or message.answer:
        return None
    ns = [record for record in message.authority if record.rdtype == NS]
    if not ns:
        return None
    cut = ns[0].owner
    if cut == parent or not is_under(cut, parent) or not is_under(name, cut):
        return None
    hosts = tuple(sorted({record.value for record in ns if record.owner == cut}))
    glue: dict[str, tuple[str, ...]] = {}
    for record in message.additional:
        if record.rdtype in (A, AAAA) and record.owner in hosts:
            glue[record.owner] = (*glue.get(record.owner, ()), record.value)
    ds = tuple(r for r in message.authority if r.rdtype == DS and r.owner == cut)
    return Referral(cut, ns[0].ttl, hosts, glue, ds if message.dnssec_ok else None)
