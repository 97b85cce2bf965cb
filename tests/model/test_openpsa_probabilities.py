"""Probabilities in Open-PSA files: worked out where they are constants, else unknown."""

from __future__ import annotations

import math

import pytest

from downwind.model.openpsa import Event
from tests.model.openpsa_models import read_inside


def _event(expression: str, mission_time: float | None = None) -> Event:
    model = read_inside(
        '<define-fault-tree name="t">'
        '<define-gate name="top"><basic-event name="a"/></define-gate>'
        f'<define-basic-event name="a">{expression}</define-basic-event>'
        "</define-fault-tree>",
        mission_time,
    )
    return model.events["a"]


def _f(value: float) -> str:
    return f'<float value="{value}"/>'


@pytest.mark.parametrize(
    ("expression", "p"),
    [
        (_f(0.25), 0.25),
        ('<int value="1"/>', 1.0),
        ('<bool value="false"/>', 0.0),
        (f"<add>{_f(0.1)}{_f(0.2)}{_f(0.3)}</add>", 0.6),
        (f"<sub>{_f(1)}{_f(0.2)}{_f(0.3)}</sub>", 0.5),
        (f"<mul>{_f(0.5)}{_f(0.5)}</mul>", 0.25),
        (f"<div>{_f(1)}{_f(2)}{_f(4)}</div>", 0.125),
        (f"<abs><neg>{_f(0.5)}</neg></abs>", 0.5),
        (f"<pow>{_f(0.5)}{_f(3)}</pow>", 0.125),
        (f"<mean>{_f(0.1)}{_f(0.3)}</mean>", 0.2),
        (f"<min>{_f(0.1)}{_f(0.3)}</min>", 0.1),
        (f"<max>{_f(0.1)}{_f(0.3)}</max>", 0.3),
        ("<div><pi/><mul><float value='4'/><pi/></mul></div>", 0.25),
        (f"<exponential>{_f(0.001)}{_f(100)}</exponential>", 1 - math.exp(-0.1)),
        (f"<exponential>{_f(1e-18)}{_f(1)}</exponential>", 1e-18),
        (f"<Weibull>{_f(10)}{_f(2)}{_f(5)}{_f(15)}</Weibull>", 1 - math.exp(-1)),
        (f"<Weibull>{_f(10)}{_f(2)}{_f(5)}{_f(3)}</Weibull>", 0.0),
        (f"<GLM>{_f(0.5)}{_f(0.1)}{_f(0.3)}{_f(0)}</GLM>", 0.5),
        (f"<GLM>{_f(0.5)}{_f(0.1)}{_f(0.3)}{_f(1e6)}</GLM>", 0.25),
    ],
)
def test_a_constant_expression_is_worked_out(expression: str, p: float) -> None:
    assert _event(expression).p == pytest.approx(p, rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("expression", "mean"),
    [
        (f"<uniform-deviate>{_f(0.1)}{_f(0.3)}</uniform-deviate>", 0.2),
        (f"<normal-deviate>{_f(0.1)}{_f(0.01)}</normal-deviate>", 0.1),
        (f"<lognormal-deviate>{_f(0.1)}{_f(3)}{_f(0.95)}</lognormal-deviate>", 0.1),
        (f"<lognormal-deviate>{_f(-3)}{_f(1)}</lognormal-deviate>", math.exp(-2.5)),
        (f"<gamma-deviate>{_f(2)}{_f(0.1)}</gamma-deviate>", 0.2),
        (f"<beta-deviate>{_f(1)}{_f(3)}</beta-deviate>", 0.25),
    ],
)
def test_a_distribution_stands_for_its_mean_and_that_is_told(expression: str, mean: float) -> None:
    model = read_inside(
        '<define-fault-tree name="t">'
        '<define-gate name="top"><basic-event name="a"/></define-gate>'
        f'<define-basic-event name="a">{expression}</define-basic-event></define-fault-tree>'
    )
    tag = expression[1 : expression.index(">")]
    assert model.events["a"].p == pytest.approx(mean)
    assert model.told == (f"1 times <{tag}> was taken as the mean of its distribution.",)


def test_parameters_are_followed_in_any_order_and_by_scope() -> None:
    model = read_inside(
        """<define-fault-tree name="t">
        <define-gate name="top"><and><event name="a"/><event name="c.b"/></and></define-gate>
        <define-basic-event name="a"><parameter name="late"/></define-basic-event>
        <define-parameter name="late"><mul><parameter name="half"/><parameter name="half"/></mul>
        </define-parameter>
        <define-component name="c" role="private">
          <define-parameter name="half"><float value="0.125"/></define-parameter>
          <define-basic-event name="b"><parameter name="half"/></define-basic-event>
        </define-component></define-fault-tree>
        <model-data><define-parameter name="half"><float value="0.5"/></define-parameter>
        </model-data>"""
    )
    assert {name: event.p for name, event in model.events.items()} == {"a": 0.25, "t.c.b": 0.125}


def test_a_probability_that_hangs_on_the_mission_time_is_unknown_until_it_is_given() -> None:
    expression = f"<exponential>{_f(0.01)}<system-mission-time/></exponential>"
    event = _event(expression)
    assert event.p is None
    assert event.unknown == "it depends on the mission time, which was not given"
    assert _event(expression, mission_time=10).p == pytest.approx(1 - math.exp(-0.1))


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("", "it is not given"),
        (
            f"<mul>{_f(0.1)}<periodic-test>{_f(1)}</periodic-test></mul>",
            "<periodic-test> is not evaluated",
        ),
        ("<ite><bool value='true'/><pi/><pi/></ite>", "<ite> is not evaluated"),
    ],
)
def test_a_probability_that_is_no_simple_constant_is_unknown_with_its_reason(
    expression: str, why: str
) -> None:
    assert (_event(expression).p, _event(expression).unknown) == (None, why)
