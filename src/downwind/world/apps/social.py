"""A social network: a feed of the accounts that one follows, posts, and direct messages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from downwind.world.apps.accounts import Accounts
from downwind.world.apps.frame import Body, Frame, answer, read_body, read_limit
from downwind.world.apps.pages import front_page
from downwind.world.net.platform import HostConfig, Platform

_FOLLOWED_MOST = 50


class Text(Body):
    """A post or a direct message."""

    text: Annotated[str, Field(min_length=1, max_length=4000)]


def social(config: HostConfig, platform: Platform) -> web.Application:
    """The application of kind `social`."""
    network = _Network(Frame.of(config, platform))
    app = network.frame.application()
    app.add_routes(
        [
            web.get("/", front_page(config, "What is happening, from those you follow.")),
            web.post("/sign-in", network.accounts.sign_in),
            web.get("/feed", network.show_feed),
            web.post("/posts", network.publish),
            web.get("/follows", network.show_follows),
            web.put("/follows/{user}", network.follow),
            web.delete("/follows/{user}", network.unfollow),
            web.get("/direct/{user}", network.show_direct),
            web.post("/direct/{user}", network.send_direct),
        ]
    )
    return app


class _Network:
    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.accounts = Accounts(frame, self._first_posts)

    async def show_feed(self, request: web.Request) -> web.Response:
        """GET /feed: posts of oneself and of those one follows, newest first."""
        user = await self.accounts.user_of(request)
        limit = read_limit(request, 20, 100)
        authors = dict.fromkeys([user, *await self._followed(user)])
        found = await asyncio.gather(*(self._posts_of(author, limit) for author in authors))
        posts = sorted(
            (post for part in found for post in part), key=lambda post: post["id"], reverse=True
        )
        return answer({"user": user, "posts": posts[:limit]})

    async def publish(self, request: web.Request) -> web.Response:
        """POST /posts: say something to those who follow one."""
        user = await self.accounts.user_of(request)
        body = await read_body(request, Text)
        return answer(await self._put_post(user, body.text), status=201)

    async def show_follows(self, request: web.Request) -> web.Response:
        """GET /follows: whom one follows."""
        user = await self.accounts.user_of(request)
        return answer({"user": user, "follows": list(await self._followed(user))})

    async def follow(self, request: web.Request) -> web.Response:
        """PUT /follows/{user}."""
        return await self._set_follow(request, follows=True)

    async def unfollow(self, request: web.Request) -> web.Response:
        """DELETE /follows/{user}."""
        return await self._set_follow(request, follows=False)

    async def show_direct(self, request: web.Request) -> web.Response:
        """GET /direct/{user}: what was said between the two, newest first."""
        user = await self.accounts.user_of(request)
        other = self.accounts.require(request.match_info["user"])
        limit = read_limit(request, 20, 100)
        found = await self.frame.store.list(
            "direct", _pair(user, other), limit=limit, newest_first=True
        )
        return answer({"with": other, "messages": [message for _, message in found]})

    async def send_direct(self, request: web.Request) -> web.Response:
        """POST /direct/{user}: a message that only the two of them see."""
        user = await self.accounts.user_of(request)
        other = self.accounts.require(request.match_info["user"])
        body = await read_body(request, Text)
        stamp, now = self.frame.stamps.next()
        message = {"id": stamp, "from": user, "to": other, "text": body.text, "at": now}
        await self.frame.store.put("direct", _pair(user, other) + stamp, message)
        return answer(message, status=201)

    async def _set_follow(self, request: web.Request, *, follows: bool) -> web.Response:
        user = await self.accounts.user_of(request)
        other = self.accounts.require(request.match_info["user"])
        await self.frame.store.put("follows", f"{user}/{other}", follows)
        return answer({"user": user, "follows": list(await self._followed(user))})

    async def _followed(self, user: str) -> tuple[str, ...]:
        account = self.accounts.record_of(user)
        written = account.details.get("follows") if account else None
        start = _texts(written) if written is not None else [a.user for a in self.accounts.named]
        chosen = dict.fromkeys(start, True)
        changes = await self.frame.store.list("follows", f"{user}/", limit=1000)
        chosen |= {key.partition("/")[2]: bool(value) for key, value in changes}
        kept = [name for name, follows in chosen.items() if follows and name != user]
        return tuple(kept[-_FOLLOWED_MOST:])

    async def _posts_of(self, author: str, limit: int) -> list[dict[str, Any]]:
        found = await self.frame.store.list("posts", f"{author}/", limit=limit, newest_first=True)
        return [post for _, post in found]

    async def _put_post(self, user: str, text: str) -> dict[str, Any]:
        stamp, now = self.frame.stamps.next()
        post = {"id": stamp, "user": user, "text": text, "at": now}
        await self.frame.store.put("posts", f"{user}/{stamp}", post)
        return post

    async def _first_posts(self) -> None:
        """An account that never posted starts with what the world file says, so feeds hold some."""
        for account in self.accounts.named:
            if await self._posts_of(account.user, 1):
                continue
            for text in _texts(account.details.get("posts", [f"{account.user} is here."])):
                await self._put_post(account.user, text)


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, Sequence) else []


def _pair(one: str, other: str) -> str:
    # No user name holds a + or a /, so no pair is the start of another.
    first, second = sorted((one, other))
    return f"{first}+{second}/"
