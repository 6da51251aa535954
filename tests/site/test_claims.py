"""The claims schema, and the rule by which a value is compared."""

import jax.numpy as jnp
import numpy as np
import pytest

from whiteboard.site.claims import Check, ClaimError, ValueMismatchError, check_value, parse_claims
from whiteboard.site.front_matter import parse_yaml


def claims_of(text):
    return parse_claims({"number": 2, **parse_yaml(text)})


GOOD = """
claims:
  - id: q02-c1
    says: It grows with the context.
    verdict: holds
    checks:
      - {expr: "bytes_at(2) > bytes_at(1)", value: true}
      - {expr: "ratio()", value: 0.50, tolerance: 0.001}
  - id: q02-c2
    says: It grows with the query heads.
    verdict: corrected
    right: With the KV heads.
    source: "[GQA, section 2](#src-gqa)"
  - {id: q02-c3, says: The paper has eight heads., verdict: cited, source: arXiv 2305.13245}
left_out:
  q02-c9: No source is given anywhere.
"""


def test_good_claims_are_read():
    first, second, third = claims_of(GOOD)
    assert first.checks == (Check("bytes_at(2) > bytes_at(1)", True), Check("ratio()", 0.5, 0.001))
    assert (second.right, second.checks) == ("With the KV heads.", ())
    assert (third.verdict, third.source) == ("cited", "arXiv 2305.13245")
    assert parse_claims({"number": 2, "claims": []}) == ()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("says: It grows with the context.", "sais: x", "claim q02-c1: unknown key sais"),
        ("says: It grows with the context.", "says: ''", "claim q02-c1: `says` is missing"),
        ("verdict: holds", "verdict: true-ish", "wanted one of holds, corrected, folklore, cited"),
        ("verdict: holds", "verdict: unverifiable", "move the id to left_out"),
        ("verdict: holds", "verdict: cited", "verdict cited has no checks"),
        ("verdict: holds", "verdict: folklore", "needs `right`"),
        ("right: With the KV heads.\n", "\n", "verdict corrected needs `right`"),
        ('source: "[GQA, section 2](#src-gqa)"', "", "verdict corrected needs `checks`"),
        ("[GQA, section 2](#src-gqa)", "the GQA paper", "`source`: link an item of Sources"),
        (", source: arXiv 2305.13245", "", "verdict cited needs a `source`"),
        ("tolerance: 0.001", "tolerance: 0.01", "looser than the digits of 0.50 show (0.005)"),
        ("tolerance: 0.001", "tolerance: -1", "wanted a number of 0 or more"),
        ("tolerance: 0.001", "slack: 1", "wanted {expr, value} and perhaps tolerance"),
        ("value: 0.50,", "value: [1],", "`value`: wanted a number, a string"),
        ("value: 0.50,", "value: half,", "`tolerance`: wanted a number"),
        ("ratio()", "ratio(", "wanted a Python expression"),
        ("ratio()", "-0.5", "-0.5 computes nothing"),
        ("id: q02-c2", "id: q03-c2", "wanted an id of the form q02-c1"),
        ("id: q02-c2", "id: q02-c1", "claim q02-c1 stands twice"),
        ("id: q02-c2", "name: q02-c2", "claims: wanted {id, says, verdict, ...}"),
        ("q02-c9:", "q02-c1:", "claim q02-c1 is both claimed and left out"),
        ("q02-c9: No source is given anywhere.", "q02-c9: ''", "left_out q02-c9: say why"),
        ("q02-c9: No source is given anywhere.", "[q02-c9]", "`left_out` a map of id to reason"),
    ],
)
def test_a_broken_claim_is_named(old, new, message):
    assert old in GOOD
    with pytest.raises(ClaimError) as error:
        claims_of(GOOD.replace(old, new, 1))
    assert message in str(error.value)


def check(value, result):
    written = parse_yaml(f"{{expr: result, value: {value}}}")
    check_value(Check(**written), {"result": result})


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("327680", 327680),
        ("327680", 327680.0),
        ("0.50", 0.4951),
        ("0.50", 0.505),
        ("1.05e12", 1048576000000),
        ("2e-5", 0.0000212),
        ("-3.1", np.float32(-3.1416)),
        ("17", jnp.float32(17.3)),
        ("true", np.bool_(True)),
        ("greedy", "greedy"),
        ("1e20", 10**20 + 3),
    ],
)
def test_a_result_that_rounds_to_the_value_passes(value, result):
    check(value, result)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("327680", 327681),
        ("327680", 327680.6),
        ("0.50", 0.4949),
        ("0.500", 0.501),
        ("1.05e12", 1.056e12),
        ("1", True),
        ("true", 1),
        ("true", "true"),
        ("'17'", 17),
        ("17", "17"),
        ("0", float("nan")),
        ("0", None),
        ("0", np.zeros(1)),
    ],
)
def test_any_other_result_is_refused_with_wanted_and_got(value, result):
    with pytest.raises(ValueMismatchError, match=r"wanted .*, got "):
        check(value, result)


def test_a_tolerance_tightens():
    tight = Check("x", parse_yaml("0.50"), 0.001)
    check_value(tight, {"x": 0.5009})
    with pytest.raises(ValueMismatchError):
        check_value(tight, {"x": 0.502})


def test_a_check_that_does_not_run_names_the_error():
    with pytest.raises(ValueMismatchError, match="NameError: name 'bytes_at' is not defined"):
        check_value(Check("bytes_at(1)", 4), {})


def test_a_check_leaves_the_namespace_alone():
    namespace = {"x": 2}
    check_value(Check("[y := x, y][1]", 2), namespace)
    assert namespace == {"x": 2}


def test_a_page_that_answers_no_question_names_its_claims_by_a_word():
    claim = {"id": "plan-c2", "says": "So.", "verdict": "cited", "source": "arXiv 2203.15556"}
    assert (
        parse_claims({"claims": [claim], "left_out": {"intro-c1": "Opinion."}})[0].id == "plan-c2"
    )
    with pytest.raises(ClaimError, match="wanted an id of the form plan-c1"):
        parse_claims({"claims": [{**claim, "id": "q02-c2"}]})
    with pytest.raises(ClaimError, match="wanted an id of the form q02-c1"):
        parse_claims({"number": 2, "claims": [claim]})
