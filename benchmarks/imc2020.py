"""Make an edge table of who served the Alexa top 100,000 of 2020 (Kashaf et al., IMC 2020).

    .venv/bin/python benchmarks/imc2020.py [FOLDER] [EDGES] [NODES]

FOLDER holds the authors' tables (default ../shared/data/imc2020 beside the checkout); EDGES is
the file to write (default imc2020.parquet), NODES a node table beside it: kinds, owners as of
2020, ranks of sites. Nodes: a site is `RANK NAME`; a provider is
`dns:NAME`, `cdn:NAME` or `ca:NAME`; a revocation host is `host:NAME`.
"""

from __future__ import annotations

import csv
import gzip
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

DATA = Path(__file__).parents[2] / "shared" / "data" / "imc2020"

DNS_OF = {
    # First label of a name server's domain: the authors' name for who runs it.
    "akam": "akamai",  # akam.net is Akamai's Edge DNS
    "domaincontrol": "godaddy",  # the name servers that GoDaddy gives to its customers
    "nsone": "ns1",  # NS1's company was called Nsone
}
"""awsdns-NN is aws; the others are called by their first label in both tables."""

ISSUERS_OF = {
    # Revocation host: the owners, as certificates name them, whose certificates point to it.
    "actalis.it": ("ActalisS.p.A./03358520967",),
    "affirmtrust.com": ("AffirmTrust",),
    "agid.gov.it": ("Agenziaperl'ItaliaDigitale",),
    "apple.com": ("AppleInc.",),
    "buypass.no": ("BuypassAS-983163327",),
    "camerfirma.com": ("ACCamerfirmaS.A.",),
    "certigna.fr": ("Certigna",),
    "certum.pl": ("CERTUM",),
    "comodoca.com": ("COMODOCALimited",),
    "cybertrust.ne.jp": ("CybertrustJapanCo.Ltd.",),
    "dfn.de": ("DFN",),
    "dhimyotis.com": ("DHIMYOTIS",),
    "digicert.com": ("DigiCertInc",),
    "digidentity.com": ("DigidentityB.V.",),
    "e-tugra.com": ("E-TuğraEBGBilişimTeknolojileriveHizmetleriA.Ş.",),
    "entrust.net": ("EntrustInc.",),
    # Where two are named, the second is what the authors' merged critical sets call the first.
    "globalsign.com": ("GlobalSignnv-sa", "GlobalSign"),
    "godaddy.com": ("GoDaddy.comInc.", "GoDaddy"),
    "harica.gr": (
        "HellenicAcademicandResearchInstitutionsCert.Authority,harica.gr",
        "HellenicAcademicandResearchInstitutionsCert.Authority",
    ),
    "hongkongpost.gov.hk": ("HongkongPost",),
    "letsencrypt.org": ("Let'sEncrypt",),
    "microsoft.com": ("MicrosoftCorporation",),
    "quovadisglobal.com": ("QuoVadisLimited",),
    # "Sectigo" is Comodo's certificates too; both hosts rest on the same two providers.
    "sectigo.com": ("SectigoLimited", "Sectigo"),
    "ssl.com": ("SSL.com",),
    "starfieldtech.com": ("StarfieldTechnologiesInc.",),
    "telesec.de": ("T-SystemsInternationalGmbH",),
    "telia.com": ("TeliaSonera",),
    "trustwave.com": ("TrustwaveHoldingsInc.",),
    "usertrust.com": ("TheUSERTRUSTNetwork", "Usertrust"),
    "wisekey.com": ("WISeKey",),
}
"""Not joined, since the data does not say whose certificates point to them: the further hosts of
DigiCert's brands (digicert-cn.com, digitalcertvalidation.com, geotrust.com, rapidssl.com,
symcd.com, thawte.com), eCert.gov.hk and incommon-ecc.org."""


OWNERS = {
    # Providers that bear several names here and had one owner in 2020. Those of one name are one.
    "Akamai": ("dns:akamai", "cdn:akamai"),
    "Alibaba": ("dns:hichina", "dns:aliyun", "dns:alidns", "cdn:alibaba"),
    "Amazon": ("dns:aws", "cdn:cloudfront", "ca:Amazon"),
    "DigiCert": ("ca:DigiCertInc", "ca:QuoVadisLimited"),  # QuoVadis since January 2019
    "GlobalSign": ("ca:GlobalSignnv-sa", "ca:GlobalSign"),
    "GoDaddy": (
        "dns:godaddy", "ca:GoDaddy.comInc.", "ca:GoDaddy", "ca:StarfieldTechnologiesInc.",
    ),
    "Google": ("dns:google", "cdn:google", "ca:GoogleTrustServices"),
    "Let's Encrypt": ("ca:Let'sEncrypt",),
    "Microsoft": ("dns:msft", "cdn:azure", "ca:MicrosoftCorporation"),
    "Oracle (Dyn)": ("dns:dyn", "dns:dynect"),
    "Sectigo": (
        "ca:Sectigo", "ca:SectigoLimited", "ca:COMODOCALimited", "ca:TheUSERTRUSTNetwork",
        "ca:Usertrust",
    ),
    "StackPath": ("cdn:stackpath", "cdn:maxcdn"),  # MaxCDN since July 2016
    "Tencent": ("dns:dnspod", "cdn:tencent"),
}  # fmt: skip
"""dns:, cdn: and ca: providers by their owner."""


class Row(NamedTuple):
    """One row of the edge table."""

    node: str
    need: str
    alternative: str


def imc_rows(folder: Path) -> list[Row]:
    """The edge table: sites on providers, issuers on revocation hosts, providers on providers."""
    rows = list(_sites(folder))
    needed = {row.alternative for row in rows}
    for row in (*_issuers(folder), *_content_networks(folder)):
        if row.node in needed:  # a provider that no site leans on would pass for a site
            rows.append(row)
            needed.add(row.alternative)
    return rows


def imc_nodes(rows: Iterable[Row]) -> Iterator[tuple[str, str, str, str]]:
    """The node table: node, kind, owner, rank. What a site has of its own is `private`."""
    owner_of = {node: owner for owner, nodes in OWNERS.items() for node in nodes}
    rows = list(rows)
    core = dict.fromkeys(row.alternative for row in rows)
    for site in dict.fromkeys(row.node for row in rows if row.node not in core):
        yield site, "site", "", site.partition(" ")[0]
    for node in core:
        layer, _, name = node.partition(":")
        if node.endswith(" of its own"):
            yield node, "private", "", ""
        elif layer == "host":
            yield node, "host", "", ""
        else:
            yield node, "provider", owner_of.get(node, name), ""


def _sites(folder: Path) -> Iterator[Row]:
    """A critical row is a need with that one provider; the others of a site back each other up.

    Where they are one provider only, the site has something of its own: name servers or an edge
    that the third-party table leaves out, or a stapled revocation answer.
    """
    critical: dict[tuple[str, str], list[str]] = defaultdict(list)
    backed: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in _read(folder / "sites.tsv.gz"):
        rows = critical if row["critical"] == "1" else backed
        rows[f"{row['rank']} {row['site']}", row["layer"]].append(row["provider"])
    for (site, layer), providers in critical.items():
        for number, provider in enumerate(providers, start=1):
            need = layer if number == 1 else f"{layer} {number}"
            yield Row(site, need, f"{layer}:{provider}")
    for (site, layer), providers in backed.items():
        if (site, layer) in critical:
            continue  # layer ca: the same certificate by its owner's unmerged name
        for provider in providers:
            yield Row(site, layer, f"{layer}:{provider}")
        if len(providers) == 1 or layer == "ca":
            yield Row(site, layer, f"{site}: {layer} of its own")


def _content_networks(folder: Path) -> Iterator[Row]:
    """Name servers of content networks, always with some of the network's own as an alternative.

    The table names third-party servers and does not say where there are no others. A lone row is
    no proof: the total for DNSMadeEasy leaves out the sites of SwiftServe, which has one.
    """
    for network, servers in _grouped(folder / "cdn_to_dns.tsv", _dns):
        for server in (*servers, f"{_cdn(network)}: dns of its own"):
            yield Row(_cdn(network), "dns", server)


def _issuers(folder: Path) -> Iterator[Row]:
    """An issuer rests on its revocation host, and that on its name servers and content network."""
    for host, issuers in ISSUERS_OF.items():
        for issuer in issuers:
            yield Row(f"ca:{issuer}", "revocation", f"host:{host}")
    for host, servers in _grouped(folder / "revocation_host_to_dns.tsv", _dns):
        for server in servers:
            yield Row(f"host:{host}", "dns", server)
    for host, networks in _grouped(folder / "revocation_host_to_cdn.tsv", _cdn):
        for network in networks:
            yield Row(f"host:{host}", "cdn", network)


def _dns(domain: str) -> str:
    label = domain.partition(".")[0]
    name = "aws" if re.fullmatch(r"awsdns-\d+", label) else DNS_OF.get(label, label)
    return f"dns:{name}"


def _cdn(name: str) -> str:
    return f"cdn:{name.lower()}"


def _grouped(path: Path, name: Callable[[str], str]) -> Iterable[tuple[str, list[str]]]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for row in _read(path):
        owner, provider = row.values()
        found[owner][name(provider)] = None
    return [(owner, list(providers)) for owner, providers in found.items()]


def _read(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)


def main() -> None:
    """Write the edge table that the command line asks for."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    path = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("imc2020.parquet")
    rows = imc_rows(folder)
    _write(path, Row._fields, rows)
    if len(sys.argv) > 3:
        _write(Path(sys.argv[3]), ("node", "kind", "owner", "rank"), list(imc_nodes(rows)))
    print(f"{len(rows):,} rows in {path}")


def _write(path: Path, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    if path.suffix == ".csv":
        pa.csv.write_csv(table, path)
    else:
        pq.write_table(table, path)


if __name__ == "__main__":
    main()
