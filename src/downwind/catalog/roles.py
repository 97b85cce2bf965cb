"""The roles that a product can play for those who stand on it; no other is accepted."""

from collections.abc import Mapping
from types import MappingProxyType

ROLES: Mapping[str, str] = MappingProxyType(
    {
        "dns": "answers for zones (authoritative DNS)",
        "edge": "stands between people and an origin: proxy, CDN, firewall, accelerator",
        "cloud": "runs other people's programs: machines, containers, functions, balancers",
        "hosting": "runs whole sites: pages, shops, platforms",
        "storage": "keeps objects and files",
        "database": "keeps tables",
        "keyvalue": "keeps values under keys",
        "certificates": "issues certificates and answers for their revocation",
        "mail": "receives, filters or sends mail",
        "sign-in": "says who somebody is",
        "payments": "moves money",
        "captcha": "tells people from programs",
        "analytics": "counts visits",
        "tags": "loads other scripts into a page",
        "advertising": "places or measures advertisements",
        "fonts": "serves fonts",
        "scripts": "serves libraries to pages",
        "maps": "serves maps",
        "video": "serves video",
        "telephony": "carries calls and short messages",
        "messaging": "carries messages between programs or people",
        "support-chat": "puts a chat with the owner's staff into a page",
        "feature-flags": "switches features on and off",
        "error-tracking": "collects errors of programs",
        "images": "resizes and serves images",
        "status-page": "hosts status pages",
        "registry": "runs a top-level domain, or keeps packages",
        "registrar": "registers names",
        "control": "is the plane on which owners change what they run",
    }
)
