#!/bin/bash
# The shader path without a GPU, on Mesa's software rasteriser (lavapipe): the kernels against
# plain loops, then training steps of small networks, one and several at once, scores and trained
# weights within 1e-3 of the CPU engine; half precision too. The build has features of its own, so it
# compiles CubeCL again, into target/software-vulkan unless CARGO_TARGET_DIR says otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! ls /usr/share/vulkan/icd.d/lvp_icd*.json >/dev/null 2>&1; then
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends mesa-vulkan-drivers libvulkan1
fi
XDG_RUNTIME_DIR=$(mktemp -d)
# no GPU, even if there is one
VK_DRIVER_FILES=$(ls /usr/share/vulkan/icd.d/lvp_icd*.json | head -n 1)
export VK_DRIVER_FILES XDG_RUNTIME_DIR CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-target/software-vulkan}"
trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
cargo test --release -p relabel-kernels -p relabel-models --no-default-features \
    --features relabel-kernels/device-tests,relabel-models/gpu \
    --test 'device*' --test engines -- --test-threads=1 "$@"
