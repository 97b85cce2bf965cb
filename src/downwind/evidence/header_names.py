"""Which response headers keep their value: those that tell who serves, how, and what went wrong."""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


WHOLE = _names("""
    server via x-cache x-served-by cf-ray x-amz-cf-id x-amz-cf-pop x-amz-request-id x-amz-id-2
    x-amzn-requestid x-amz-apigw-id x-azure-ref x-msedge-ref x-vercel-id x-nf-request-id
    x-fastly-request-id x-github-request-id akamai-grn fly-request-id cdn-requestid x-iinfo
    x-guploader-uploadid
""")
"""Kept as they are: a provider's own name, and the ids it makes up for one reply."""

COOKIES = frozenset({"cookie", "set-cookie", "cookie2", "set-cookie2"})
"""Only the names of the cookies are kept: they are fingerprints (__cf_bm, AWSALB)."""

URLS = frozenset({"location", "content-location", "referer", "origin"})
"""Kept as redacted URLs."""

KEPT = _names("""
    date age expires last-modified cache-control content-length content-encoding
    content-language content-type transfer-encoding connection vary retry-after allow alt-svc
    strict-transport-security content-security-policy link nel report-to server-timing warning
    x-powered-by x-aspnet-version x-generator x-varnish x-cache-hits x-cache-status
    x-cache-lookup x-timer x-edge-location x-backend x-via x-cdn x-pop cache-status
    cdn-cache-control surrogate-control surrogate-key cdn-cache cdn-pullzone
    cf-cache-status cf-error-type cf-error-origin cf-mitigated cf-worker
    x-amz-error-code x-amz-error-message x-amzn-errortype x-amzn-waf-action x-amz-bucket-region
    x-fastly-error fastly-restarts x-akamai-transformed x-check-cacheable akamai-cache-status
    x-azure-externalerror x-azure-internalerror x-azure-originstatuscode x-ms-error-code
    x-vercel-error x-vercel-cache x-nf-error x-fly-region fly-cache-status x-github-backend
    x-goog-storage-class x-cloud-trace-context x-sucuri-id x-sucuri-cache x-ec-custom-error
    x-hw x-77-pop x-77-cache x-qc-pop x-litespeed-cache x-shopid x-pantheon-styx-hostname
    x-envoy-upstream-service-time x-envoy-response-flags x-kong-upstream-latency
    x-ratelimit-limit x-ratelimit-remaining x-ratelimit-reset
    x-error x-error-code x-error-message
""")
"""Kept, with what looks like a secret taken out."""

HARMLESS_WORDS = _names("""
    0 1 true false yes no on off none null hit miss pass bypass dynamic expired stale updating
    revalidated error nosniff deny sameorigin mode=block gzip br zstd deflate identity chunked
    keep-alive close bytes * get head post put delete options patch same-origin cross-origin
    same-site require-corp unsafe-none no-referrer strict-origin-when-cross-origin noopen noindex
    nofollow all ok up down ie=edge
""")
"""Any other header keeps its value only where it is made of these words."""
