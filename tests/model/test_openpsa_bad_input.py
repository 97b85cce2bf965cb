"""Open-PSA files that are wrong: each is told the file, the line, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from downwind.model.openpsa import open_psa_from_texts, read_open_psa
from downwind.terms import ModelError


def _error(text: str | bytes) -> str:
    with pytest.raises(ModelError) as caught:
        open_psa_from_texts([("f.xml", text)])
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "f.xml:1: this is not valid XML: no element found."),
        ("<opsa-mef>\n<a></b></opsa-mef>", "f.xml:2: this is not valid XML: mismatched tag."),
        ("<scram/>", "f.xml:1: the outermost element is <scram>."),
        ("<opsa-mef/>", "f.xml: no gate is defined."),
        (b"<opsa-mef>\xff</opsa-mef>", "f.xml:1: this is not valid XML: not well-formed"),
        (
            "<?xml version='1.0' encoding='none'?><opsa-mef/>",
            "f.xml: this is not valid XML: unknown",
        ),
        ("<?xml version='1.0' encoding='gbk'?><opsa-mef/>", "f.xml: this is not valid XML: multi"),
        (
            '<!DOCTYPE o [\n<!ENTITY a "aaa">\n]><opsa-mef>&a;</opsa-mef>',
            "f.xml:2: it defines XML entities, which are not read.",
        ),
        (
            '<!DOCTYPE o [<!ENTITY a SYSTEM "file:///etc/passwd">]><opsa-mef>&a;</opsa-mef>',
            "f.xml:1: it defines XML entities, which are not read.",
        ),
        (
            '<!DOCTYPE o [<!ENTITY % a SYSTEM "http://x.test/a">%a;]><opsa-mef/>',
            "f.xml:1: it defines XML entities, which are not read.",
        ),
    ],
)
def test_a_file_that_is_no_open_psa_file_is_refused(text: str | bytes, says: str) -> None:
    assert _error(text).startswith(says)


_AB = '<basic-event name="a"/><basic-event name="b"/>'


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        ("", "f.xml:3: gate 'top' has no formula."),
        ("<atleast>" + _AB + "</atleast>", "f.xml:3: <atleast> has no 'min'."),
        ('<atleast min="3">' + _AB + "</atleast>", "f.xml:3: min is 3, of 2 formulas."),
        ('<atleast min="0">' + _AB + "</atleast>", "f.xml:3: min is 0, of 2 formulas."),
        ('<atleast min="two">' + _AB + "</atleast>", "f.xml:3: min is two. Write a whole number."),
        ('<atleast min="-1">' + _AB + "</atleast>", "f.xml:3: min is -1."),
        (f'<atleast min="{"9" * 5000}">' + _AB + "</atleast>", f"f.xml:3: min is {'9' * 57}..."),
        (
            '<cardinality min="2" max="1">' + _AB + "</cardinality>",
            "f.xml:3: min is 2 and max 1, of 2 formulas.",
        ),
        (
            '<cardinality min="0" max="2">' + _AB + "</cardinality>",
            "f.xml:3: min is 0 and max 2, of 2 formulas: it says nothing.",
        ),
        ("<or/>", "f.xml:3: <or> takes 1 or more formulas, and has 0."),
        ("<not>" + _AB + "</not>", "f.xml:3: <not> takes 1 formulas, and has 2."),
        ("<imply><event name='a'/></imply>", "f.xml:3: <imply> takes 2 formulas, and has 1."),
        ("<inhibit>" + _AB + "</inhibit>", "f.xml:3: <inhibit> is no formula."),
        ("<or><float value='1'/></or>", "f.xml:3: <float> is no formula."),
        (_AB, "f.xml:3: gate 'top' has more than one definition in it"),
        ('<constant value="yes"/>', "f.xml:3: value is yes. Write true or false."),
        ("<basic-event/>", "f.xml:3: <basic-event> has no 'name'."),
        ('<gate name="gone"/>', "f.xml:3: gate 'gone' is not defined."),
        ('<basic-event name="gone"/>', "f.xml:3: basic event 'gone' is not defined."),
        ('<house-event name="gone"/>', "f.xml:3: house event 'gone' is not defined."),
        ('<or>\n<event name="gone"/></or>', "f.xml:4: event 'gone' is not defined."),
        (
            '<gate name="a"/>',
            "f.xml:3: 'a' is referred to as a gate, and defined as a basic event at f.xml:6.",
        ),
        ('<event name="a" type="door"/>', "f.xml:3: type is 'door'."),
        ('<gate name="top"/>', "f.xml:3: gates go in a circle: top -> top."),
    ],
)
def test_a_wrong_formula_is_told_by_line_and_name(formula: str, says: str) -> None:
    text = f"""<opsa-mef>
<define-fault-tree name="t">
<define-gate name="top">{formula}</define-gate>
</define-fault-tree>
<model-data>
<define-basic-event name="a"/><define-basic-event name="b"/>
</model-data></opsa-mef>"""
    assert _error(text).startswith(says)


def test_gates_in_a_circle_are_told_by_the_path_through_them() -> None:
    text = """<opsa-mef><define-fault-tree name="t">
<define-gate name="top"><or><basic-event name="a"/><gate name="x"/></or></define-gate>
<define-gate name="z"><basic-event name="a"/></define-gate>
<define-gate name="x"><and><gate name="z"/><not><gate name="y"/></not></and></define-gate>
<define-gate name="y"><gate name="x"/></define-gate>
</define-fault-tree></opsa-mef>"""
    assert _error(text) == (
        "f.xml:4: gates go in a circle: x -> y -> x. A fault tree must come down to basic events."
    )


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ('<float value="often"/>', "f.xml:3: value is often. Write a finite number."),
        ('<float value="nan"/>', "f.xml:3: value is nan."),
        ('<float value="inf"/>', "f.xml:3: value is inf."),
        ('<float value="1_0"/>', "f.xml:3: value is 1_0."),
        ("<float/>", "f.xml:3: <float> has no 'value'."),
        ('<float value="1.5"/>', "f.xml:3: the probability of basic event 'a' is 1.5."),
        ('<float value="-1e-9"/>', "f.xml:3: the probability of basic event 'a' is -1e-09."),
        ("<sum><pi/></sum>", "f.xml:3: <sum> is no expression."),
        (
            "<exponential><pi/></exponential>",
            "f.xml:3: <exponential> takes 2 expressions, and has 1.",
        ),
        ('<log><float value="0"/></log>', "f.xml:3: <log> of 0.0 has no value"),
        ('<div><pi/><float value="0"/></div>', "f.xml:3: <div> of 3.14"),
        ('<exp><float value="1e9"/></exp>', "f.xml:3: <exp> of 1000000000.0 has no value"),
        (
            '<pow><float value="-1"/><float value="0.5"/></pow>',
            "f.xml:3: <pow> of -1.0, 0.5 has no",
        ),
        ('<parameter name="gone"/>', "f.xml:3: parameter 'gone' is not defined."),
        ('<parameter name="x"/>', "f.xml:4: parameters go in a circle: x -> y -> x."),
        ("<pi/><pi/>", "f.xml:3: basic event 'a' has more than one definition in it"),
    ],
)
def test_a_wrong_probability_is_told_by_line_and_name(expression: str, says: str) -> None:
    circle = '<parameter name="x"/>' if "x -> y" in says else "<pi/>"
    text = f"""<opsa-mef>
<define-fault-tree name="t"><define-gate name="top"><basic-event name="a"/></define-gate>
<define-basic-event name="a">{expression}</define-basic-event>
<define-parameter name="x"><parameter name="y"/></define-parameter>
<define-parameter name="y">{circle}</define-parameter>
</define-fault-tree></opsa-mef>"""
    assert _error(text).startswith(says)


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        (
            '<define-CCF-group name="pumps" model="beta-factor"/>',
            "f.xml:3: <define-CCF-group> 'pumps' is not read: a common-cause group makes",
        ),
        ('<define-substitution name="s"/>', "f.xml:3: <define-substitution> 's' is not read"),
        ('<include file="other.xml"/>', "f.xml:3: <include> is not read: a file does not pull in"),
        (
            "<define-gat name='x'/>",
            "f.xml:3: <define-gat> 'x' has no place in <define-fault-tree>.",
        ),
        ("<define-gate/>", "f.xml:3: <define-gate> has no 'name'."),
        ("<define-component/>", "f.xml:3: <define-component> has no 'name'."),
        ("<define-component name='c' role='secret'/>", "f.xml:3: role is 'secret'."),
        (
            "<define-house-event name='h'><float value='1'/></define-house-event>",
            "f.xml:3: house event 'h' is <float>.",
        ),
        (
            "<define-basic-event name='top'/>",
            "f.xml:3: basic event 'top' is defined twice; the first is a gate at f.xml:2.",
        ),
        (
            "<define-component name='c' role='private'>\n<define-gate name='g'><pi/></define-gate>"
            "<define-basic-event name='g'/></define-component>",
            "f.xml:4: basic event 't.c.g' is defined twice; the first is a gate at f.xml:4.",
        ),
        (
            "<define-component name='c'/><define-component name='c'/>",
            "f.xml:3: component 't.c' is defined twice; the first is at f.xml:3.",
        ),
        (
            "<define-parameter name='p'><pi/></define-parameter>"
            "<define-parameter name='p'><pi/></define-parameter>",
            "f.xml:3: parameter 'p' is defined twice; the first is a parameter at f.xml:3.",
        ),
        (
            "<define-component name='c'>" * 101 + "</define-component>" * 101,
            "f.xml:3: components are nested more than 100 deep.",
        ),
    ],
)
def test_a_wrong_definition_is_told_by_line_and_name(inside: str, says: str) -> None:
    text = f"""<opsa-mef><define-fault-tree name="t">
<define-gate name="top"><constant value="true"/></define-gate>
{inside}</define-fault-tree></opsa-mef>"""
    assert _error(text).startswith(says)


def test_phases_that_set_house_events_are_refused() -> None:
    phase = '<set-house-event name="h"><constant value="true"/></set-house-event>'
    text = (
        '<opsa-mef><define-alignment name="night"><define-phase name="p" time-fraction="1">'
        f"{phase}</define-phase></define-alignment></opsa-mef>"
    )
    says = "f.xml:1: <define-alignment> 'night' is not read: its phases set house events."
    assert _error(text).startswith(says)


def test_a_definition_that_two_files_hold_is_told_with_both_places() -> None:
    text = (
        '<opsa-mef><define-fault-tree name="{}"><define-gate name="g"><constant value="true"/>'
        "</define-gate></define-fault-tree></opsa-mef>"
    )
    with pytest.raises(ModelError, match=r"two.xml:1: gate 'g' is defined twice.* at one.xml:1"):
        open_psa_from_texts([("one.xml", text.format("t")), ("two.xml", text.format("u"))])


def test_a_file_that_is_not_there_is_told_by_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none.xml: it cannot be read: No such file"):
        read_open_psa([tmp_path / "none.xml"])
    with pytest.raises(ModelError, match="it cannot be read: Is a directory"):
        read_open_psa([tmp_path])
