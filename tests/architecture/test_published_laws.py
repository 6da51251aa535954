"""Published laws: growth, anchors and losses that the papers print."""

import pytest

from whiteboard.architecture.published_laws import HOFFMANN_3, KAPLAN, LLAMA_3


def test_kaplans_growth_and_the_scale_of_his_budget():
    small, large = KAPLAN.optimum(1e15 * 86400), KAPLAN.optimum(1e16 * 86400)
    assert small.num_parameters == pytest.approx(1.3e9)
    assert large.num_parameters / small.num_parameters == pytest.approx(10**0.73)
    assert large.tokens / small.tokens == pytest.approx(10**0.27)


def test_llama_3s_tokens_grow_with_exponent_053():
    at, ten = LLAMA_3.optimum(3.8e25), LLAMA_3.optimum(3.8e26)
    assert at.num_parameters == pytest.approx(402e9)
    assert ten.tokens / at.tokens == pytest.approx(10**0.53)
    assert at.tokens == pytest.approx(16.55e12, rel=0.05)  # 6ND of the quoted pair is 5% over


def test_losses_of_three_models_by_hand():
    got = [HOFFMANN_3.loss(*m) for m in ((175e9, 300e9), (280e9, 300e9), (70e9, 1.4e12))]
    assert got == pytest.approx([2.002, 1.993, 1.937], abs=5e-4)


def test_a_budget_of_nothing_is_refused():
    with pytest.raises(ValueError, match="a budget wants positive FLOPs, got -1"):
        KAPLAN.optimum(-1.0)
