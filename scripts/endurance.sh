#!/bin/bash
# The long versions of the reliability tests: hundreds of kills, a fault at every file
# operation, every file cut at every length, fuzzing of every reader, Slurm and HyperQueue.
# RELABEL_DATA names the folder of the data. About an hour on two cores; name parts to run
# only these, and give FUZZ_SECONDS for another time per reader.
#   scripts/endurance.sh [crash|faults|torn|sharing|children|signals|surroundings|fuzz|slurm|hq]...
set -euo pipefail
cd "$(dirname "$0")/.."
: "${RELABEL_DATA:?name the folder of the data}"
export RELABEL_ENDURANCE=1 RELABEL_FUZZ_SECONDS="${FUZZ_SECONDS:-600}"
build=(--release --no-default-features)
cargo build "${build[@]}" -p relabel
relabel=${CARGO_TARGET_DIR:-target}/release/relabel

parts=("$@")
[ $# -gt 0 ] || parts=(crash faults torn sharing children signals surroundings fuzz slurm hq)
for part in "${parts[@]}"; do
    echo "== $part ($SECONDS s)"
    case $part in
    fuzz) cargo test "${build[@]}" -p relabel-data -p relabel-experiment --test fuzz -- --nocapture ;;
    slurm | hq) "scripts/${part}_test.sh" "$relabel" "$RELABEL_DATA" ;;
    *) cargo test "${build[@]}" -p relabel --test reliability "$part::" -- --nocapture ;;
    esac
done
echo "== done ($SECONDS s)"
