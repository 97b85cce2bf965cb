"""What a domain says of its mail, read from its records: SPF, DMARC, MTA-STS, TLS reports, MX."""

from downwind.evidence.mail.exchangers import Exchanger, exchangers_of, refuses_mail
from downwind.evidence.mail.spf import Spf, SpfTerm, read_spf, spf_of
from downwind.evidence.mail.sts import StsPolicy, read_sts_policy
from downwind.evidence.mail.tags import Tags, kept_text, read_tags, report_domains, tagged
from downwind.evidence.mail.walk import MOST_LOOKUPS, SpfWalk, walk_spf

__all__ = [
    "MOST_LOOKUPS",
    "Exchanger",
    "Spf",
    "SpfTerm",
    "SpfWalk",
    "StsPolicy",
    "Tags",
    "exchangers_of",
    "kept_text",
    "read_spf",
    "read_sts_policy",
    "read_tags",
    "refuses_mail",
    "report_domains",
    "spf_of",
    "tagged",
    "walk_spf",
]
