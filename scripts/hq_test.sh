#!/bin/bash
# Shows that HyperQueue runs a grid to the bytes of a local run, though two of its tasks are
# killed. Needs python3 with the package hyperqueue (PYTHON names another one).
#   scripts/hq_test.sh target/release/relabel DATA_DIR [EXPERIMENT [--set KEY=VALUE]...]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
RELABEL=$(realpath "$1") data=$(realpath "$2")
export RELABEL
shift 2
experiment=("${@:-wall-robot-et}")
work=$(mktemp -d)
trap 'kill $hq 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
"$RELABEL" run "${experiment[@]}" --data "$data" --out local --progress none >/dev/null 2>&1
"${PYTHON:-python3}" "$here/hq.py" "${experiment[@]}" --data "$data" --out "$work/hq" >hq.log 2>&1 &
hq=$!
killed=0
until [ $killed = 2 ]; do
    kill -0 $hq || { cat hq.log; exit 1; }
    rounds=$(find hq -path '*/rounds/*.json' 2>/dev/null | wc -l || true)
    task=$(pgrep -f "^$RELABEL run .* --out $work/hq .*--cell" | tail -n 1 || true)
    if [ "$rounds" -gt $((10 * killed + 5)) ] && kill -9 "$task" 2>/dev/null; then
        killed=$((killed + 1))
        echo "killed a task after $rounds rounds of all cells"
    fi
    sleep 0.05
done
wait $hq || { cat hq.log; exit 1; }
run=${experiment[0]}/default
diff -r "local/$run/npy" "hq/$run/npy"
diff "local/$run/summary.csv" "hq/$run/summary.csv"
"$RELABEL" status "hq/$run" | tail -n 1
echo "HyperQueue, two tasks killed: equal to the local run"
