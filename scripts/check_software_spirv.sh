#!/bin/bash
# As check_software_vulkan.sh, but through SPIR-V as GPUs take it, matrix units included: that asks for
# a Mesa of 2026, here that of Debian's unstable branch, which is put into a folder of its own. Needs
# root and, the first time, a network. Compiles into target/software-spirv unless CARGO_TARGET_DIR says
# otherwise; the folder with Mesa is beside it.
set -euo pipefail
cd "$(dirname "$0")/.."
CARGO_TARGET_DIR="$(realpath -m "${CARGO_TARGET_DIR:-target/software-spirv}")"
export CARGO_TARGET_DIR
root="$CARGO_TARGET_DIR/unstable"
mkdir -p "$CARGO_TARGET_DIR"
if ! [ -e "$root/complete" ]; then
    command -v debootstrap >/dev/null || { apt-get update -qq && apt-get install -y -qq debootstrap; }
    rm -rf "$root"
    debootstrap --variant=minbase --include=mesa-vulkan-drivers,libvulkan1 \
        unstable "$root" http://deb.debian.org/debian >"$CARGO_TARGET_DIR/debootstrap.log"
    touch "$root/complete"
fi
cargo test --release -p relabel-kernels -p relabel-models --no-default-features \
    --features relabel-kernels/device-tests,relabel-models/vulkan \
    --test 'device*' --test engines --no-run --message-format=json |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | while read -r test; do
    install -D "$test" "$root/tests/$(basename "$test")"
    echo "== $(basename "$test")"
    chroot "$root" env XDG_RUNTIME_DIR=/tmp "/tests/$(basename "$test")" --test-threads=1 "$@" </dev/null
    rm "$root/tests/$(basename "$test")"
done
