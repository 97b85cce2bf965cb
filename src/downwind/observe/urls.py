"""URLs of pages and steps, taken apart once and strictly."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from downwind.observe.failures import HttpFailed
from downwind.observe.names import host_name, is_address

_PORTS = {"https": 443, "http": 80}
_SAFE = "/:?&=%+,;@!$'()*~#[]"


@dataclass(frozen=True, slots=True)
class Url:
    """Where a request goes. A fragment and a user are left out: they are not for the server."""

    scheme: str
    host: str
    port: int
    target: str

    @property
    def secure(self) -> bool:
        return self.scheme == "https"

    @property
    def door(self) -> tuple[str, str, int]:
        return (self.scheme, self.host, self.port)

    @property
    def authority(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def parse_url(text: str) -> Url:
    """Raises HttpFailed where it is no URL of a page."""
    try:
        parts = urlsplit(text.strip())
        port = parts.port
        host = parts.hostname or ""
        if parts.scheme not in _PORTS:
            raise ValueError(f"the scheme {parts.scheme[:20]!r} is neither http nor https")
        if port == 0:
            raise ValueError("there is no port 0")
        if "\\" in parts.netloc:  # a slash to browsers, and an escape in names
            raise ValueError("its host holds a backslash")
        name = str(ipaddress.ip_address(host)) if is_address(host) else host_name(host)
    except ValueError as error:
        raise HttpFailed(f"not a URL that can be fetched: {error}", where=text[:80]) from error
    if name == ".":
        raise HttpFailed("not a URL that can be fetched: it names no host", where=text[:80])
    query = f"?{quote(parts.query, safe=_SAFE)}" if parts.query else ""
    target = quote(_without_dots(parts.path), safe=_SAFE) + query
    return Url(parts.scheme, name, port or _PORTS[parts.scheme], target)


def _without_dots(path: str) -> str:
    """The path without `.` and `..` (RFC 3986, 5.2.4); servers refuse what leads above the root."""
    kept: list[str] = []
    parts = path.split("/")
    for part in parts[1:]:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    ends = "/" if parts[-1] in (".", "..") and kept else ""
    return "/" + "/".join(kept) + ends
