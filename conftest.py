"""What every test stands on: shapes checked, broadcasting by rank refused, programs cached."""

import os
from pathlib import Path

import jax
from jaxtyping import install_import_hook

ROOT = Path(__file__).parent

os.environ.setdefault("MPLBACKEND", "Agg")
jax.config.update("jax_numpy_rank_promotion", "raise")
# For this process, and by the environment for the programs that tests start: one cache, and whole
# float32 products, which a GPU would otherwise round to ten bits (TF32). The cache's place is part
# of each entry's key: a link to it, as scripts/tamper.py makes, is followed.
for name, value in {
    "jax_default_matmul_precision": "highest",
    "jax_compilation_cache_dir": str((ROOT / ".cache" / "jax").resolve()),
    "jax_persistent_cache_min_compile_time_secs": 0.0,
}.items():
    jax.config.update(name, value)
    os.environ[name.upper()] = str(value)
# LLVM's first level compiles in up to a fifth less time, and the real model runs no slower for it.
if (FEWER := "--xla_backend_optimization_level=1") not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {FEWER}".strip()
# JAX writes an entry in place: what one process is writing, another compiles itself, and says so.
HALF_WRITTEN = "ignore:Error reading persistent compilation cache"
os.environ["PYTHONWARNINGS"] = HALF_WRITTEN


def pytest_configure(config):
    """Every other warning is an error (pyproject.toml)."""
    config.addinivalue_line("filterwarnings", HALF_WRITTEN)


# All but the site's machinery: it handles no arrays, and pytest wants its hooks unwrapped.
CHECKED = [f"whiteboard.{path.stem}" for path in (ROOT / "src/whiteboard").glob("[!_]*")]
install_import_hook([name for name in CHECKED if name != "whiteboard.site"], "beartype.beartype")

pytest_plugins = [
    "whiteboard.site.pytest_plugin",
    "whiteboard.site.memory_plugin",
    "pytester",
]
