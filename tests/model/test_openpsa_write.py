"""Open-PSA files that are written: exact text, read back the same, taken by other tools."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from downwind.model.openpsa import Event, Gate, House, Op, OpenPsa, Part, open_psa_from_texts, write
from downwind.model.openpsa.portable import portable
from tests.model.openpsa_models import models

_MODEL = OpenPsa(
    gates={
        "top": Gate(
            (
                Part(Op.OR, 3),
                Part(Op.GATE, name="dns"),
                Part(Op.NOT, 1),
                Part(Op.HOUSE, name="spare"),
                Part(Op.FALSE),
            ),
            "x.test <down> & out",
        ),
        "dns": Gate(
            (Part(Op.ATLEAST, 3, low=2), *(Part(Op.EVENT, name=f"ns{n}") for n in (1, 2, 3)))
        ),
        "same": Gate((Part(Op.GATE, name="dns"),)),
    },
    events={"ns1": Event(0.0004), "ns2": Event(1e-05, "the second"), "ns3": Event()},
    houses={"spare": House(True)},
)

_TEXT = """\
<?xml version="1.0" encoding="UTF-8"?>
<opsa-mef>
  <define-fault-tree name="downwind">
    <define-gate name="top">
      <label>x.test &lt;down&gt; &amp; out</label>
      <or>
        <gate name="dns"/>
        <not>
          <house-event name="spare"/>
        </not>
        <constant value="false"/>
      </or>
    </define-gate>
    <define-gate name="dns">
      <atleast min="2">
        <basic-event name="ns1"/>
        <basic-event name="ns2"/>
        <basic-event name="ns3"/>
      </atleast>
    </define-gate>
    <define-gate name="same">
      <gate name="dns"/>
    </define-gate>
  </define-fault-tree>
  <model-data>
    <define-house-event name="spare">
      <constant value="true"/>
    </define-house-event>
    <define-basic-event name="ns1">
      <float value="0.0004"/>
    </define-basic-event>
    <define-basic-event name="ns2">
      <label>the second</label>
      <float value="1e-05"/>
    </define-basic-event>
    <define-basic-event name="ns3"/>
  </model-data>
</opsa-mef>
"""


def _read(text: str) -> OpenPsa:
    return open_psa_from_texts([("f.xml", text)])


def test_a_model_is_written_exactly_so() -> None:
    assert write(_MODEL) == _TEXT
    assert _read(_TEXT) == _MODEL


@settings(max_examples=100)
@given(models())
def test_what_is_written_is_read_back_the_same_in_the_same_order(model: OpenPsa) -> None:
    again = _read(write(model))
    assert again == model
    assert [*again.gates, *again.events] == [*model.gates, *model.events]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a-b_c9", "a-b_c9"),
        ("www.x.test", "www-x-test"),
        ("aws/dynamodb/*#control+x", "aws-dynamodb-control-x"),
        ("9.9.9.9", "n-9-9-9-9"),
        ("trailing-", "trailing"),
        ("two--dashes", "two-dashes"),
        ("...", "n"),
        ("é", "n"),
        ('"><gate name="', "gate-name"),
    ],
)
def test_a_name_becomes_one_that_all_tools_take(old: str, new: str) -> None:
    model = portable(OpenPsa({old: Gate((Part(Op.TRUE),))}, {}))
    assert list(model.gates) == [new]
    assert model.gates[new].label == ("" if old == new else old)


def test_names_stay_apart_and_keep_the_old_ones_as_labels() -> None:
    model = OpenPsa(
        {
            "x.y": Gate((Part(Op.EVENT, name="x-y"),), "why"),
            "x/y": Gate((Part(Op.GATE, name="x.y"),)),
        },
        {"x-y": Event(0.5, "own")},
    )
    again = _read(write(model))
    assert again.gates == {
        "x-y": Gate((Part(Op.EVENT, name="x-y-3"),), "x.y: why"),
        "x-y-2": Gate((Part(Op.GATE, name="x-y"),), "x/y"),
    }
    assert again.events == {"x-y-3": Event(0.5, "x-y: own")}


@settings(max_examples=50)
@given(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=5, unique=True))
def test_no_name_however_hostile_breaks_the_file(names: list[str]) -> None:
    model = OpenPsa({name: Gate((Part(Op.TRUE),)) for name in names}, {})
    again = _read(write(model))
    assert len(again.gates) == len(names)
    assert again == portable(model)


def test_a_formula_of_10000_levels_is_written_without_growing_out_of_bounds() -> None:
    depth = 10_000
    formula = (Part(Op.OR, 2), Part(Op.EVENT, name="a")) * depth + (Part(Op.TRUE),)
    model = OpenPsa({"top": Gate(formula)}, {"a": Event()})
    text = write(model)
    assert len(text) < 200 * depth
    assert _read(text) == model


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(model=models(by_scram=True))
def test_scram_takes_what_is_written(model: OpenPsa, tmp_path: Path) -> None:
    scram = shutil.which("scram")
    if scram is None:
        pytest.skip("Debian's scram is not installed")
    file = tmp_path / "model.xml"
    file.write_text(write(model), encoding="utf-8")
    ran = subprocess.run([scram, "--validate", file], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), file.read_text(encoding="utf-8")
