"""Whatever a document holds, it ends as evidence or as an error of our own."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from downwind.evidence.inside import Reading
from downwind.evidence.inside.backstage import read_backstage
from downwind.evidence.inside.dnslog.formats import FORMATS, make_format
from downwind.evidence.inside.dnslog.lookup import Line, Lookup
from downwind.evidence.inside.otel import read_otel
from downwind.evidence.inside.terraform import read_terraform

from .reads import NOW, packed, read, reads_or_refuses
from .test_dnslog import LINES

PIECES = sorted({piece for _, line, _ in LINES for piece in line.split(" ")}, key=len)[:-2]
lines = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=12).map(" ".join)
mutated = st.builds(
    lambda line, at, more: line[:at] + more + line[at + 1 :],
    st.sampled_from([line for _, line, _ in LINES[:-2]]),
    st.integers(0, 99),
    st.text(max_size=3),
)
KEYS = (
    "format_version", "values", "root_module", "resources", "child_modules", "address", "type",
    "provider_name", "depends_on", "region", "origin", "domain_name", "status", "data",
    "resultType", "result", "metric", "client", "server", "value", "configuration",
    "provider_config", "expressions", "planned_values", "mode", "lineage",
)  # fmt: skip
WORDS = ("1.0", "success", "vector", "aws_lb.a", "hashicorp/aws", "us-east-1", "a.example.com", "")
objects = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(WORDS) | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=5)
    ),
    max_leaves=20,
)
YAML_PIECES = (
    "apiVersion: backstage.io/v1alpha1\n", "kind: Component\n", "metadata: {name: a}\n", "spec:\n",
    "  dependsOn: [b]\n", "---\n", "&a ", "*a ", "<<: ", "? ", "- ", "!!set ", "{", "}", "[", "]",
    ": ", "\t", '"', "'", "|\n", "%", "metadata:\n", "  links: [{url: x}]\n",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=2500, deadline=None)
@given(text=lines | mutated | st.text(max_size=40))
def test_a_line_is_a_look_up_or_none(form: str, text: str) -> None:
    assert isinstance(make_format(form, NOW).read(text), Lookup | Line)


@settings(max_examples=2500, deadline=None)
@given(st.lists(lines | mutated, max_size=6), st.booleans(), st.binary(max_size=20))
def test_a_log_reads_or_is_refused(text: list[str], zipped: bool, more: bytes) -> None:
    data = "\n".join(text).encode("utf-8", "surrogatepass") + more
    reads_or_refuses(read, packed(data)[:-1] if zipped else data)


@pytest.mark.parametrize("reader", [read_otel, read_terraform])
@settings(max_examples=2500, deadline=None)
@given(document=objects, cut=st.integers(0, 3))
def test_a_document_reads_or_is_refused(
    reader: Callable[[bytes], Reading], document: object, cut: int
) -> None:
    data = json.dumps(document).encode()
    reads_or_refuses(reader, data[: len(data) - cut])


@settings(max_examples=2500, deadline=None)
@given(st.lists(st.sampled_from(YAML_PIECES) | st.text(max_size=4), max_size=14).map("".join))
def test_a_catalogue_file_reads_or_is_refused(text: str) -> None:
    reads_or_refuses(read_backstage, text.encode("utf-8", "surrogatepass"))


@pytest.mark.parametrize("reader", [read, read_otel, read_terraform, read_backstage])
@settings(max_examples=2500, deadline=None)
@given(data=st.binary(max_size=60))
def test_bytes_read_or_are_refused(reader: Callable[[bytes], Reading], data: bytes) -> None:
    reads_or_refuses(reader, data)
