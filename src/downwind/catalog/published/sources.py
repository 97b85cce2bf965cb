"""Who publishes which prefixes, at which address, and under which name a mirror has them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """One published list. Two addresses are two halves of it."""

    id: str
    provider: str
    name: str
    format: str
    urls: tuple[str, ...]
    files: tuple[tuple[str, ...], ...]
    """For each address, the names under which a folder or a mirror has it, with .gz or without."""
    link: str = ""
    """Where the address is a page: what the link to the list on it looks like."""
    most_bytes: int = 16_000_000
    also_replaces: str = ""
    """Whose copy of the list the packaged catalogue has, where it is not the provider's own."""

    def replaces(self, source: str | None) -> bool:
        """True for a packaged table that this list brings up to date."""
        known = (self.name, self.also_replaces) if self.also_replaces else (self.name,)
        return source is not None and source.startswith(known)


_AZURE_LINK = (
    r"https://download\.microsoft\.com/download/[0-9A-Za-z/-]{1,80}/"
    r"ServiceTags_Public_[0-9]{8}\.json"
)

SOURCES = (
    Source(
        id="aws",
        provider="aws",
        name="AWS ip-ranges.json",
        format="aws",
        urls=("https://ip-ranges.amazonaws.com/ip-ranges.json",),
        files=(("aws-ip-ranges.json", "ip-ranges.json"),),
    ),
    Source(
        id="azure",
        provider="azure",
        name="Microsoft ServiceTags_Public",
        format="azure",
        urls=("https://www.microsoft.com/en-us/download/details.aspx?id=56519",),
        files=(("microsoft-azure-ip-ranges.json", "ServiceTags_Public.json"),),
        link=_AZURE_LINK,
        most_bytes=64_000_000,
    ),
    Source(
        id="cloudflare",
        provider="cloudflare",
        name="Cloudflare ips-v4 and ips-v6",
        format="lines",
        urls=("https://www.cloudflare.com/ips-v4", "https://www.cloudflare.com/ips-v6"),
        files=(("cloudflare-ips-v4.txt", "ips-v4"), ("cloudflare-ips-v6.txt", "ips-v6")),
        also_replaces="projectdiscovery/cdncheck",
    ),
    Source(
        id="fastly",
        provider="fastly",
        name="Fastly public-ip-list",
        format="fastly",
        urls=("https://api.fastly.com/public-ip-list",),
        files=(("fastly-ip-ranges.json", "public-ip-list"),),
    ),
    Source(
        id="github",
        provider="github",
        name="GitHub api.github.com/meta",
        format="github",
        urls=("https://api.github.com/meta",),
        files=(("github-ip-ranges.json", "meta"),),
    ),
    Source(
        id="google",
        provider="google",
        name="Google goog.json",
        format="google",
        urls=("https://www.gstatic.com/ipranges/goog.json",),
        files=(("google-ip-ranges.json", "goog.json"),),
        also_replaces="projectdiscovery/cdncheck",
    ),
    Source(
        id="google-cloud",
        provider="google-cloud",
        name="Google Cloud cloud.json",
        format="google-cloud",
        urls=("https://www.gstatic.com/ipranges/cloud.json",),
        files=(("google-cloud-ip-ranges.json", "cloud.json"),),
    ),
    Source(
        id="oracle-cloud",
        provider="oracle-cloud",
        name="Oracle public_ip_ranges.json",
        format="oracle",
        urls=("https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json",),
        files=(("oracle-cloud-ip-ranges.json", "public_ip_ranges.json"),),
    ),
)
