"""Open-PSA files: what fault trees they become."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from downwind.model.openpsa import (
    Event,
    Formula,
    Op,
    OpenPsa,
    Part,
    definitions,
    expressions,
    formulas,
    open_psa_from_texts,
    read_open_psa,
)
from tests.model.openpsa_models import read_inside

A, B, C = (Part(Op.EVENT, name=name) for name in "abc")


def _formula(formula: str) -> Formula:
    return _tree(formula).gates["top"].formula


def _tree(formula: str) -> OpenPsa:
    events = "".join(f'<define-basic-event name="{name}"/>' for name in "abc")
    return read_inside(
        f'<define-fault-tree name="t"><define-gate name="top">{formula}</define-gate>{events}'
        "</define-fault-tree>"
    )


_ABC = '<event name="a"/><event name="b"/><event name="c"/>'
_AB = '<event name="a"/><event name="b"/>'


def test_gates_events_and_house_events_may_be_defined_in_any_order_and_file(
    tmp_path: Path,
) -> None:
    (tmp_path / "data.xml").write_text(
        """<?xml version="1.0"?>
        <!DOCTYPE opsa-mef>
        <opsa-mef><model-data>
          <define-basic-event name="a"><label> the  A
             event </label><float value="0.5"/></define-basic-event>
          <define-house-event name="h"><constant value="true"/></define-house-event>
          <define-house-event name="i"/>
        </model-data></opsa-mef>"""
    )
    (tmp_path / "tree.xml").write_text(
        """<opsa-mef><define-fault-tree name="t"><label>a tree</label>
          <define-gate name="top">
            <or><gate name="late"/><house-event name="i"/></or>
          </define-gate>
          <define-gate name="late"><and><event name="a"/><event name="h"/></and></define-gate>
        </define-fault-tree></opsa-mef>"""
    )
    model = read_open_psa([tmp_path / "tree.xml", tmp_path / "data.xml"])
    assert list(model.gates) == ["top", "late"]
    assert model.gates["late"].formula == (Part(Op.AND, 2), A, Part(Op.HOUSE, name="h"))
    assert model.gates["late"].where == f"{tmp_path / 'tree.xml'}:5"
    assert model.events == {"a": Event(0.5, "the A event")}
    assert {name: house.value for name, house in model.houses.items()} == {"h": True, "i": False}
    assert model.tops == ("top",)
    assert model.told == ()
    assert read_open_psa([tmp_path / "data.xml", tmp_path / "tree.xml"]) == model


@pytest.mark.parametrize(
    ("formula", "parts"),
    [
        (f"<and>{_AB}</and>", (Part(Op.AND, 2), A, B)),
        (f"<or>{_ABC}</or>", (Part(Op.OR, 3), A, B, C)),
        (f'<atleast min="2">{_ABC}</atleast>', (Part(Op.ATLEAST, 3, low=2), A, B, C)),
        (f'<atleast min="1">{_ABC}</atleast>', (Part(Op.OR, 3), A, B, C)),
        (f'<atleast min=" 3 ">{_ABC}</atleast>', (Part(Op.AND, 3), A, B, C)),
        ('<or><event name=" a "/></or>', (A,)),
        ('<basic-event name="a"/>', (A,)),
        ('<event name="a" type="basic-event"/>', (A,)),
        ('<not><not><event name="a"/></not></not>', (A,)),
        ('<not><constant value="true"/></not>', (Part(Op.FALSE),)),
        (f"<nand>{_AB}</nand>", (Part(Op.NOT, 1), Part(Op.AND, 2), A, B)),
        (f"<not><nor>{_AB}</nor></not>", (Part(Op.OR, 2), A, B)),
        (f"<imply>{_AB}</imply>", (Part(Op.OR, 2), Part(Op.NOT, 1), A, B)),
        (f"<xor>{_ABC}</xor>", (Part(Op.XOR, 2), Part(Op.XOR, 2), A, B, C)),
        (f"<iff>{_ABC}</iff>", (Part(Op.XOR, 2), Part(Op.XOR, 2), A, B, C)),
        (f"<iff>{_AB}</iff>", (Part(Op.NOT, 1), Part(Op.XOR, 2), A, B)),
        (
            f'<cardinality min="1" max="2">{_ABC}</cardinality>',
            (Part(Op.CARDINALITY, 3, low=1, high=2), A, B, C),
        ),
        (
            f'<cardinality min="2" max="3">{_ABC}</cardinality>',
            (Part(Op.ATLEAST, 3, low=2), A, B, C),
        ),
        (
            f'<cardinality min="0" max="1">{_ABC}</cardinality>',
            (Part(Op.NOT, 1), Part(Op.ATLEAST, 3, low=2), A, B, C),
        ),
        (
            '<or><and><event name="c"/><event name="a"/></and><event name="b"/></or>',
            (Part(Op.OR, 2), Part(Op.AND, 2), C, A, B),
        ),
    ],
)
def test_a_formula_becomes_its_parts(formula: str, parts: Formula) -> None:
    assert _formula(formula) == parts


def test_what_is_there_twice_in_an_or_is_counted_once_and_told() -> None:
    model = _tree('<or><event name="a"/>\n<event name="b"/>\n<basic-event name="a"/></or>')
    assert model.gates["top"].formula == (Part(Op.OR, 2), A, B)
    assert model.told == ("f.xml:4: 'a' is there twice in <or>, and counted once.",)


def test_what_is_there_twice_in_a_vote_counts_twice() -> None:
    votes = f'<atleast min="2"><event name="a"/>{_AB}</atleast>'
    assert _formula(votes) == (Part(Op.ATLEAST, 3, low=2), A, A, B)


def test_a_formula_of_30000_levels_is_read() -> None:
    depth = 30_000
    inside = '<or><event name="b"/>' * depth + '<event name="a"/>' + "</or>" * depth
    parts = _formula(inside)
    assert len(parts) == 2 * depth + 1
    assert parts[:2] == (Part(Op.OR, 2), B)
    assert parts[-1] == A


def test_a_chain_of_10000_gates_is_read_and_has_one_top() -> None:
    gates = "".join(
        f'<define-gate name="g{n}"><gate name="g{n + 1}"/></define-gate>' for n in range(10_000)
    )
    model = read_inside(
        f'<define-fault-tree name="t">{gates}'
        '<define-gate name="g10000"><constant value="true"/></define-gate></define-fault-tree>'
    )
    assert model.tops == ("g0",)


# MEF 2.0d, IV.3.2: the fault tree of that section, its component A made private.
_COMPONENTS = """
<define-fault-tree name="FT">
  <define-gate name="TOP">
    <or><gate name="A.G1"/><gate name="FT.A.G2"/><gate name="G3"/></or>
  </define-gate>
  <define-component name="A" role="private">
    <define-gate name="G1"><and><event name="BE1"/><event name="B.BE2"/></and></define-gate>
    <define-gate name="G2"><and><event name="BE1"/><event name="FT.A.B.BE3"/></and></define-gate>
    <define-basic-event name="BE1"><float value="1.2e-3"/></define-basic-event>
    <define-component name="B">
      <define-basic-event name="BE2"><float value="2.4e-3"/></define-basic-event>
      <define-basic-event name="BE3" role="public"><float value="5.2e-3"/></define-basic-event>
      <define-gate name="G3"><event name="BE1"/></define-gate>
    </define-component>
  </define-component>
  <define-component name="C">
    <define-gate name="G3"><and><event name="FT.A.BE1"/><event name="BE4"/></and></define-gate>
    <define-basic-event name="BE4"><float value="1.6e-3"/></define-basic-event>
  </define-component>
</define-fault-tree>
"""


def test_private_elements_go_by_their_path_and_public_ones_by_their_name() -> None:
    model = read_inside(_COMPONENTS)
    refers_to = {
        name: [part.name for part in gate.formula if part.name]
        for name, gate in model.gates.items()
    }
    assert refers_to == {
        "TOP": ["FT.A.G1", "FT.A.G2", "G3"],
        "FT.A.G1": ["FT.A.BE1", "FT.A.B.BE2"],
        "FT.A.G2": ["FT.A.BE1", "BE3"],
        "FT.A.B.G3": ["FT.A.BE1"],
        "G3": ["FT.A.BE1", "BE4"],
    }
    assert {name: event.p for name, event in model.events.items()} == {
        "FT.A.BE1": 1.2e-3,
        "FT.A.B.BE2": 2.4e-3,
        "BE3": 5.2e-3,
        "BE4": 1.6e-3,
    }


def test_the_innermost_container_is_searched_first() -> None:
    model = read_inside(
        """<define-fault-tree name="t">
        <define-gate name="top"><and><event name="x"/><gate name="c.g"/></and></define-gate>
        <define-basic-event name="x"/>
        <define-component name="c" role="private">
          <define-gate name="g"><event name="x"/></define-gate>
          <define-basic-event name="x"/>
        </define-component></define-fault-tree>"""
    )
    assert model.gates["top"].formula[1].name == "x"
    assert model.gates["t.c.g"].formula[0].name == "t.c.x"


def test_where_no_basic_event_is_defined_the_formulas_name_them_and_that_is_told() -> None:
    model = read_inside(
        '<define-fault-tree name="t"><define-gate name="top">'
        '<or><basic-event name="a"/><event name="b"/></or></define-gate></define-fault-tree>'
    )
    assert model.events == {"a": Event(), "b": Event()}
    assert model.events["a"].unknown == "it is not defined"
    assert model.told == (
        "no basic event is defined; the formulas name them, without probability: a, b.",
    )


def test_event_trees_are_left_out_by_name() -> None:
    model = read_inside(
        '<define-event-tree name="leak"><initial-state/></define-event-tree>'
        '<define-fault-tree name="t"><define-gate name="top"><constant value="true"/>'
        "</define-gate></define-fault-tree>"
    )
    assert model.told == ("f.xml:2: the event tree 'leak' is left out; only fault trees are read.",)


def test_all_gates_that_no_other_refers_to_are_tops() -> None:
    model = read_inside(
        '<define-fault-tree name="t">'
        '<define-gate name="one"><gate name="both"/></define-gate>'
        '<define-gate name="both"><constant value="true"/></define-gate>'
        '<define-gate name="two"><not><gate name="both"/></not></define-gate>'
        "</define-fault-tree>"
    )
    assert model.tops == ("one", "two")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_the_encoding_that_the_file_declares_is_used(encoding: str) -> None:
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?><opsa-mef><define-fault-tree name="t">'
        '<define-gate name="é"><constant value="1"/></define-gate></define-fault-tree></opsa-mef>'
    )
    assert list(open_psa_from_texts([("f.xml", text.encode(encoding))]).gates) == ["é"]


_SCRAM = Path("/usr/share/scram/input")


@pytest.mark.parametrize(
    ("files", "gates", "events", "tops"),
    [
        (["Baobab/baobab1.xml", "Baobab/baobab1-basic-events.xml"], 84, 61, ("r1",)),
        (["CEA9601/CEA9601-basic-events.xml", "CEA9601/CEA9601.xml"], 201, 186, ("r1",)),
        (["Chinese/chinese.xml", "Chinese/mcs_prob.xml"], 36, 25, ("r1",)),
        (["ThreeMotor/three_motor.xml"], 18, 15, ("E1",)),
        (["TwoTrain/two_train.xml"], 3, 4, ("TopEvent",)),
    ],
)
def test_trees_from_the_literature_are_read_whole(
    files: list[str], gates: int, events: int, tops: tuple[str, ...]
) -> None:
    if not _SCRAM.is_dir():
        pytest.skip("Debian's scram, which brings these trees, is not installed")
    model = read_open_psa([_SCRAM / file for file in files])
    assert (len(model.gates), len(model.events), model.tops) == (gates, events, tops)
    assert all(event.p is not None for event in model.events.values())


def test_the_page_names_every_element_that_is_read_left_out_or_refused(project: Path) -> None:
    page = (project / "docs/open-psa.md").read_text(encoding="utf-8")
    page = re.sub(r"```.*?```", "", page, flags=re.DOTALL)
    named = set(re.findall(r"`([^`\n]+)`", page))
    for elements in (
        formulas.OPERATORS,
        formulas.REFERENCES,
        expressions.OPERATIONS,
        expressions.MEANS,
        expressions.NOT_EVALUATED,
        definitions.LEFT_OUT,
        definitions.REFUSED,
        *definitions.CONTAINERS.values(),
    ):
        assert set(elements) <= named


def test_the_example_of_the_page_is_read_without_a_word(project: Path) -> None:
    page = (project / "docs/open-psa.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```xml\n(.*?)```", page, re.DOTALL)
    model = open_psa_from_texts([("open-psa.md", example)])
    assert (model.tops, len(model.events), model.told) == (("top",), 4, ())
