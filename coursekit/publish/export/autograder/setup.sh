#!/usr/bin/env bash
# Gradescope runs this once, as root, when it builds the image of the autograder (choose Ubuntu 22.04 or newer).
set -euo pipefail
ROOT="${AUTOGRADER_ROOT:-/autograder}"

# What confines a submission, and the Python that brings the rest
apt-get update
apt-get install -y --no-install-recommends bubblewrap libseccomp2 python3 python3-venv ca-certificates

# uv finds a Python of 3.11 or newer, or brings one, and knows where PyTorch keeps its builds without CUDA
python3 -m venv "$ROOT/uv"
"$ROOT/uv/bin/pip" install uv
export UV_PYTHON_INSTALL_DIR="$ROOT/python" # a submission, which is not root, must be able to read it
"$ROOT/uv/bin/uv" venv --python ">=3.11" "$ROOT/venv"
"$ROOT/uv/bin/uv" pip install --python "$ROOT/venv/bin/python" --torch-backend=cpu \
    --constraints "$ROOT/source/constraints.txt" --requirements "$ROOT/source/requirements.txt"
