"""What conftest.py promises to every test."""

import shutil
import subprocess
import sys
import warnings

import jax
import jax.numpy as jnp
import pytest
from jax.experimental.compilation_cache import compilation_cache
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
    place = (pytestconfig.rootpath / ".cache" / "jax").resolve()
    assert jax.config.jax_compilation_cache_dir == str(place)


PROGRAM = "import jax\nprint(jax.jit(lambda x: 3 * x + 1)(jax.numpy.arange(5.0)))\n"


@pytest.fixture
def half_written(tmp_path, monkeypatch):
    """A cache of the program's compiled parts, each cut in half as while it is written."""
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path))
    subprocess.run([sys.executable, "-c", PROGRAM], check=True)
    entries = list(tmp_path.glob("*-cache"))
    assert entries
    for entry in entries:
        entry.write_bytes(entry.read_bytes()[: entry.stat().st_size // 2])
    return tmp_path


def test_a_half_written_compiled_program_is_no_error(half_written):
    ours = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", str(half_written))
    compilation_cache.reset_cache()
    try:
        exec(PROGRAM, {})
    finally:
        jax.config.update("jax_compilation_cache_dir", ours)
        compilation_cache.reset_cache()


def test_nor_does_a_program_that_a_test_starts_speak_of_it(half_written):
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert done.stderr == ""


def test_a_copy_that_links_the_cache_has_the_same(tmp_path, pytestconfig):
    copy, ours = tmp_path / "copy", tmp_path / "ours"
    (copy / ".cache").mkdir(parents=True)
    (copy / ".cache" / "jax").symlink_to(ours)
    shutil.copy(pytestconfig.rootpath / "conftest.py", copy)
    says = "import conftest, jax; print(jax.config.jax_compilation_cache_dir)"
    run = subprocess.run(
        [sys.executable, "-c", says], cwd=copy, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == str(ours.resolve())
