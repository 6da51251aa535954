"""Published decoders: each has as many weights as its repository's safetensors files say."""

import pytest

from whiteboard.lm import published

TOTALS = {
    "LLAMA_3_8B": 8_030_261_248,
    "LLAMA_3_70B": 70_553_706_496,
    "LLAMA_3_1_405B": 405_853_388_800,
    "LLAMA_2_7B": 6_738_415_616,
    "MISTRAL_7B": 7_241_732_096,
    "QWEN_2_5_7B": 7_615_616_512,
    "QWEN_2_5_72B": 72_706_203_648,
}


@pytest.mark.parametrize("name", TOTALS)
def test_the_weights_are_as_many_as_the_files_hold(name):
    assert getattr(published, name).num_parameters == TOTALS[name]


def test_no_published_decoder_is_left_out():
    assert {name for name in vars(published) if name.isupper()} == set(TOTALS)
