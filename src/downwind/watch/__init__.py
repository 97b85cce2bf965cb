"""The live loop: probe, hear, and say who is at fault."""

from downwind.watch.rounds import Round, Watch, watch_rounds

__all__ = ["Round", "Watch", "watch_rounds"]
