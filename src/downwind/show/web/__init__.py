"""The watcher's face on HTTP: live page, API, metrics and badges over a hub."""

from downwind.show.web.access import (
    Access,
    Right,
    Token,
    check_bind,
    tokens_of,
)
from downwind.show.web.app import build_app
from downwind.show.web.hub import Hub
from downwind.show.web.serve import Certificate, serving

__all__ = [
    "Access",
    "Certificate",
    "Hub",
    "Right",
    "Token",
    "build_app",
    "check_bind",
    "serving",
    "tokens_of",
]
