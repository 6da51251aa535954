"""The file to start from: the signature, its imports, and no body."""

import pytest

from whiteboard import practice
from whiteboard.architecture.attention import dot_product_attention
from whiteboard.practice import Check


def test_a_stub_keeps_only_the_signature_and_its_imports():
    text = practice.stub(dot_product_attention)
    assert text.startswith("import jax\nimport jax.numpy as jnp\nfrom jaxtyping import Array, Bool")
    assert text.endswith("    raise NotImplementedError\n")
    assert "einsum" not in text


def test_a_stub_keeps_every_kind_of_argument():
    def local(a: int, /, b: "str" = "x", *rest: int, c: float = 1.0, d=None, **more: int) -> bool:
        r"""Says \\d."""

    assert practice.stub(local).endswith(
        'def local(a: int, /, b: "str" = "x", *rest: int, c: float = 1.0, d = None, '
        '**more: int) -> bool:\n    r"""Says \\\\d."""\n    raise NotImplementedError\n'
    )


HERE = "a name that the stub's file would not have"


def test_a_stub_says_what_it_cannot_import():
    def local(x: "Check" = HERE):
        """Nothing."""

    with pytest.raises(ValueError, match="cannot import \\['HERE'\\]"):
        practice.stub(local)
