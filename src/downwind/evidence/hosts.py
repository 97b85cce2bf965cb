"""The host in a URL that somebody else wrote."""

from urllib.parse import urlsplit


def host_of(url: str) -> str:
    """The host of a URL, or of HOST:PORT alone, in small letters; empty where there is none."""
    try:
        return (urlsplit(url if "//" in url else f"//{url}").hostname or "").lower()
    except ValueError:
        return ""
