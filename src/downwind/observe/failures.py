"""What can go wrong on the way to an answer, layer by layer.

LayerFailed                   a layer did not work; says which, and why
├── DnsFailed                 the name gave no address
├── DialFailed                no connection to the address
│   ├── DialRefused           the dialer itself does not go there
│   ├── Crowded               as many of our own are at the address as may be
│   ├── NoSocket              this machine has no socket, port or memory left
│   └── Busy                  this machine was too busy to hear an answer in time
├── TlsFailed                 no handshake
│   └── CertificateRefused    a handshake, with a certificate that is not to be trusted
├── HttpFailed                a connection, without a whole and well-formed answer
│   └── Unread                an answer in a protocol or coding that is not read here
└── Defect                    none of them: an error in this program
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from downwind.terms import CannotMeasure


class LayerFailed(CannotMeasure):
    """One layer did not work."""

    layer: ClassVar[str] = ""

    def __init__(
        self, reason: str, *, where: str = "", detail: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason, where=where)
        self.reason = reason
        self.detail: Mapping[str, Any] = detail or {}


class DnsFailed(LayerFailed):
    layer = "dns"


class DialFailed(LayerFailed):
    layer = "dial"


class DialRefused(DialFailed):
    pass


class Crowded(DialFailed):
    pass


class NoSocket(DialFailed):
    pass


class Busy(DialFailed):
    pass


class TlsFailed(LayerFailed):
    layer = "tls"


class CertificateRefused(TlsFailed):
    pass


class HttpFailed(LayerFailed):
    layer = "http"


class Unread(HttpFailed):
    pass


class Defect(LayerFailed):
    pass


OURS = (DialRefused, Crowded, NoSocket, Busy, Unread, Defect)
"""They say nothing of the other side."""
LAYERS = ("dns", "dial", "tls", "http", "expect")


def furthest(failures: list[LayerFailed]) -> LayerFailed:
    """Of several failures, the first that got furthest: it says most about what is broken."""
    return max(failures, key=lambda failure: LAYERS.index(failure.layer))
