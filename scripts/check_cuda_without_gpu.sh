#!/bin/bash
# The tests of the engine for GPUs through CUDA, without a GPU: the PTX of an H100 (squares of 16, vectors
# of 8) runs on a driver of our own (pretended_cuda), which also reports who reads in shared memory what
# another writes without a barrier between, and who leaves what was allocated. Needs a C++ compiler, python3
# and a CUDA toolkit's nvvm/libdevice (CUDA_PATH), which is fetched from PyPI otherwise. Compiles into
# target/pretended-cuda unless CARGO_TARGET_DIR says otherwise. Arguments go to the tests.
set -euo pipefail
cd "$(dirname "$0")/.."
CARGO_TARGET_DIR="$(realpath -m "${CARGO_TARGET_DIR:-target/pretended-cuda}")"
export CARGO_TARGET_DIR
home="$CARGO_TARGET_DIR/pretended"
mkdir -p "$home"
if ! [ -e "${CUDA_PATH:-/usr/local/cuda}/nvvm/libdevice/libdevice.10.bc" ]; then
    export CUDA_PATH="$home/nvidia/cu13"
    [ -e "$CUDA_PATH/nvvm/libdevice" ] || python3 -m pip install --quiet --no-deps --target "$home" nvidia-nvvm
fi
cp scripts/pretended_cuda/threads.h scripts/pretended_cuda/translate.py "$home"
c++ -std=c++20 -O2 -fPIC -shared -Wl,-soname,libcuda.so.1 scripts/pretended_cuda/driver.cpp -o "$home/libcuda.so.1"

# the interface that the driver has, whatever toolkit is installed
export CUDARC_CUDA_VERSION=13000
cargo test --release -p relabel-kernels -p relabel-models --no-default-features \
    --features relabel-kernels/device-tests,relabel-models/gpu,cubecl/cuda \
    --test 'device*' --test engines --no-run --message-format=json |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' >"$home/tests"
export LD_LIBRARY_PATH="$home" PRETENDED_FOLDER="$home/kernels" PRETENDED_REPORT="$home/report"
rm -rf "$PRETENDED_REPORT" "$PRETENDED_FOLDER"
while read -r test; do
    echo "== $(basename "$test")"
    "$test" --test-threads=1 "$@" </dev/null
done <"$home/tests"
if [ -s "$PRETENDED_REPORT" ]; then
    echo "kernels did what they should not: $PRETENDED_REPORT" >&2
    exit 1
fi
