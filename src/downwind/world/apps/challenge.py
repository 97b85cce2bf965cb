"""A human check: a token for whom the bot filter in front lets through, good for one use."""

from __future__ import annotations

import secrets

from aiohttp import web

from downwind.world.apps.frame import Frame, Refused, answer
from downwind.world.apps.pages import front_page
from downwind.world.net.platform import HostConfig, Platform, ScenarioClock

LEAST_SCORE = 0.01
# Cloudflare's documentation of Turnstile: a token is valid for 300 seconds, and once.
TOKEN_LASTS = 300.0
_LEAST = 2.0
"""Real seconds that a token lasts at least: at a fast clock no client could be quick enough."""
MAX_TOKENS = 10_000


def challenge(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `challenge`."""
    frame = Frame.of(config, platform)
    checks = _Checks(platform.clock)
    app = frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "It checks that you are not a robot.")),
            web.get("/challenge", checks.hand_out),
            web.get("/verify", checks.verify),
        ]
    )
    return app


class _Checks:
    """The tokens that nobody has used yet, the oldest first."""

    def __init__(self, clock: ScenarioClock) -> None:
        self._clock = clock
        self._expires: dict[str, float] = {}

    async def hand_out(self, request: web.Request) -> web.Response:
        """GET /challenge: a token, unless the edge in front takes the client for a robot.

        An edge without a bot filter sends no score, and then nobody is taken for one.
        """
        if not _looks_human(request.headers.get("x-bot-score")):
            raise Refused(403, "not let through", "this looks like a robot")
        self._make_room()
        token = secrets.token_urlsafe(24)
        self._expires[token] = self._clock.now() + max(TOKEN_LASTS, _LEAST * self._clock.speed)
        return answer({"token": token})

    async def verify(self, request: web.Request) -> web.Response:
        """GET /verify?token=: whether the token is good; it is used up by that."""
        expires = self._expires.pop(request.query.get("token", ""), None)
        return answer({"ok": expires is not None and self._clock.now() <= expires})

    def _make_room(self) -> None:
        while self._expires:
            token, expires = next(iter(self._expires.items()))
            if expires >= self._clock.now() and len(self._expires) < MAX_TOKENS:
                return
            del self._expires[token]


def _looks_human(score: str | None) -> bool:
    try:
        return score is None or float(score) >= LEAST_SCORE
    except ValueError:
        return False
