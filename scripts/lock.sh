#!/usr/bin/env bash
# Refresh the locks: hashes, no index, no host. uv comes from pip; a local folder of wheels
# (torch's CPU build) is named by UV_FIND_LINKS.
set -euo pipefail
cd "$(dirname "$0")/.."
uv="${UV:-.venv/bin/uv}"
[ -x "$uv" ] || .venv/bin/pip install -q uv
compile() { "$uv" pip compile -q --generate-hashes --no-annotate --no-header --no-emit-index-url --no-emit-find-links "$@"; }
compile --upgrade --universal --python-version 3.11 --extra site --extra test \
  pyproject.toml -o requirements/all.txt
UV_FIND_LINKS="${UV_FIND_LINKS:-${PIP_FIND_LINKS:-}}" compile --python-version 3.11 \
  --python-platform x86_64-manylinux_2_28 -c requirements/all.txt \
  pyproject.toml requirements/references.in -o requirements/references.txt
git --no-pager diff --stat -- requirements
