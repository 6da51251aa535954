"""What conftest.py promises to every test."""

import warnings

import jax
import jax.numpy as jnp
import pytest
from jaxtyping import TypeCheckError

from whiteboard.architecture.attention import dot_product_attention


def test_shapes_are_checked():
    query = jnp.ones((2, 3, 5, 7))
    with pytest.raises(TypeCheckError):
        dot_product_attention(query, query[..., :5], query)
    with pytest.raises(TypeCheckError):
        dot_product_attention(query[0], query[0], query[0])


def test_broadcasting_by_rank_is_refused():
    with pytest.raises(ValueError, match="rank_promotion"):
        jnp.ones((2, 3)) + jnp.ones(3)


def test_warnings_are_errors():
    with pytest.raises(DeprecationWarning):
        warnings.warn("old", DeprecationWarning, stacklevel=1)


def test_compiled_programs_are_cached(pytestconfig):
    assert jax.config.jax_compilation_cache_dir == str(pytestconfig.rootpath / ".cache" / "jax")
