#!/usr/bin/env python3
"""Table of ratios: `relabel bench gpu` against PyTorch on the same device.

    compare_bench.py OURS.json TORCH.json...

A row per network, task and batch: our best number format over each setting of PyTorch (fits: over
fits of the same length, one after the other)."""
import collections, json, sys


def main(ours, *peers):
    ours, peers = json.load(open(ours)), [json.load(open(path)) for path in peers]
    print(f"{ours['program']} on {ours['device']} against {', '.join(sorted({p['program'] + ' on ' + p['device'] for p in peers}))}")
    table(ours["throughput"], [row for p in peers for row in p["throughput"]], "images_per_second", ["net", "width", "task", "batch"])
    # fits of fewer steps, where the time did not suffice, count by their steps
    for rows in [ours["fits"], *(p["fits"] for p in peers)]:
        for row in rows:
            row["steps_per_second"] = row["steps"] * row["fits_per_second"]
            row.setdefault("precision", "f32")
    table(ours["fits"], [row for p in peers for row in p["fits"]], "steps_per_second", ["net", "images", "batch"])


def table(ours, theirs, rate, keys):
    best, peers = {}, collections.defaultdict(dict)
    for row in ours:
        key = tuple(row[k] for k in keys)
        best[key] = max(best.get(key, (0, "")), (row[rate], row["precision"]))
    for row in theirs:
        setting = row["precision"] + (" compiled" if row["compiled"] else "")
        peers[tuple(row[k] for k in keys)][setting] = row[rate]
    settings = sorted({setting for row in peers.values() for setting in row})
    print("\n| " + " | ".join([*keys, rate.replace("_", " "), "format", *(f"over {s}" for s in settings)]) + " |")
    print("| --- " * (len(keys) + 2 + len(settings)) + "|")
    for key in [key for key in best if key in peers]:
        ratios = [f"{best[key][0] / peers[key][s]:.2f}" if s in peers[key] else "" for s in settings]
        print("| " + " | ".join([*map(str, key), f"{best[key][0]:.1f}", best[key][1], *ratios]) + " |")


if __name__ == "__main__":
    main(*sys.argv[1:])
