"""Status feeds in the live loop: what providers say of themselves, and how late."""

from downwind.watch.feeds.board import FeedBoard
from downwind.watch.feeds.delays import Delay, Lateness, Verdict, delays, lateness
from downwind.watch.feeds.heard import Heard
from downwind.watch.feeds.poller import FeedWatch
from downwind.watch.feeds.posts import FeedEvent, FeedHealth, Post
from downwind.watch.feeds.sources import WatchedFeed, feeds_of, providers_in

__all__ = [
    "Delay",
    "FeedBoard",
    "FeedEvent",
    "FeedHealth",
    "FeedWatch",
    "Heard",
    "Lateness",
    "Post",
    "Verdict",
    "WatchedFeed",
    "delays",
    "feeds_of",
    "lateness",
    "providers_in",
]
