"""The unit tests' programs are compiled in half the time, and need not run fast."""

import os

# XLA's older way to emit loops on a CPU, and LLVM's first level. The pages of docs/ are compiled as
# a reader's are. A test that starts eight devices sets flags of its own.
QUICK = "--xla_cpu_use_fusion_emitters=false --xla_backend_optimization_level=1"
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {QUICK}".strip()
