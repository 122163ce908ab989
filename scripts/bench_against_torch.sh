#!/bin/bash
# `relabel bench gpu` and PyTorch on the same device, one after the other, and the table of ratios.
#   scripts/bench_against_torch.sh [auto|vulkan|wgpu|cuda|cpu] [FOLDER]
# RELABEL names the program, PYTHON one with torch, MINUTES the time for ours (default 7), SECONDS_EACH
# that of one figure of PyTorch. On a GPU in about a quarter of an hour; figures appear in FOLDER one by one.
set -euo pipefail
cd "$(dirname "$0")/.."
device=${1:-auto} out=${2:-bench}
relabel=${RELABEL:-target/release/relabel} python=${PYTHON:-python3} each=${SECONDS_EACH:-2}
mkdir -p "$out"
"$relabel" bench gpu --device "$device" --minutes "${MINUTES:-7}" --out "$out/relabel.json"
theirs=cuda batches=(128 512) steps=1500
[ "$device" != cpu ] || theirs=cpu batches=(128) steps=30
peer() { "$python" scripts/peer_torch.py --device $theirs --seconds "$each" --steps $steps "${@:2}" >"$out/$1.json"; }
peer torch-fast --net fast --width 64 --batch "${batches[@]}" --fit 800
peer torch-resnet18 --net resnet18 --width 64 --batch "${batches[@]}"
peer torch-resnet8 --net resnet8 --width 16 --batch "${batches[@]}" --fit 800
"$python" scripts/compare_bench.py "$out/relabel.json" "$out"/torch-*.json | tee "$out/ratios.md"
