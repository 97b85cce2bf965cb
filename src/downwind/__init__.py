"""Downwind shows who falls when internet infrastructure falls."""

__version__ = "0.1.0"
