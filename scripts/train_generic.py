#!/usr/bin/env python3
"""Fit the weights of generic credentials, `src/detect/generic/weights.csv`, to labelled files.

    cargo test --test it accuracy::expand_the_corpus -- --ignored
    python3 scripts/train_generic.py --keysweep target/release/keysweep target/tmp/accuracy > weights.csv

The first command writes the files of `testdata/accuracy/`, which are what may be trained on, with their labels. Each DIR holds files and `labels.jsonl` (or has
`truth.jsonl` beside `files/`), one label a line: path, line_start, line_end, label (`T` a credential, `P` either, anything else none). What no label speaks of
counts as none where the file has labels at all.

A logistic regression, by gradient descent from the weights there are, pulled back towards them (`--hold`): a small set moves them little. `--folds N` instead
shows what the weights fitted to the other folders' files would do on each N-th part: the honest figure.
"""
import argparse
import collections
import json
import math
import subprocess
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WEIGHTS = ROOT / "src/detect/generic/weights.csv"


def read_weights():
    rows = [line.split(",", 1) for line in WEIGHTS.read_text().splitlines() if not line.startswith("#")]
    return {name: float(weight) for weight, name in rows}


def read_folder(keysweep, folder):
    files = folder / "files" if (folder / "files").is_dir() else folder
    name = "truth.jsonl" if (folder / "truth.jsonl").exists() else "labels.jsonl"
    labels = collections.defaultdict(list)
    for row in map(json.loads, (folder / name).open()):
        start = row.get("line_start", row.get("line"))
        labels[row["path"]].append((start, row.get("line_end", row.get("end_line", start)), row["label"], row.get("value_start", -1)))
    out = subprocess.run([keysweep, "explain", "--json", "."], cwd=files, capture_output=True, text=True, check=True).stdout
    for row in map(json.loads, out.splitlines()):
        path = row["path"].removeprefix("./")
        if row["veto"] or path not in labels:
            continue
        here = [l for l in labels[path] if l[0] <= row["line"] <= l[1]]
        exact = [l for l in here if l[3] >= 0 and abs(l[3] - (row["column"] - 1)) <= 3]
        if any(l[2] == "P" for l in (exact or here)):
            continue
        truth = any(l[2] == "T" for l in (exact or here))
        yield path, row["features"], truth


def odds(weights, features):
    z = weights["bias"] + sum(weights[f] for f in features)
    return 1 / (1 + math.exp(-max(-30, min(30, z))))


def fit(prior, samples, hold, rounds=300, rate=1.0):
    weights = dict(prior)
    # Files of one folder repeat themselves: what looks the same counts with the root of its number.
    groups = collections.Counter((frozenset(f), t) for _, f, t in samples)
    total = sum(math.sqrt(n) for n in groups.values())
    speed = collections.defaultdict(float)
    for _ in range(rounds):
        gradient = collections.Counter()
        for (features, truth), n in groups.items():
            error = (odds(weights, features) - truth) * math.sqrt(n)
            gradient["bias"] += error
            for f in features:
                gradient[f] += error
        for name in weights:
            g = gradient[name] / total + hold * (weights[name] - prior[name]) / total
            speed[name] += g * g
            weights[name] -= rate * 0.1 * g / (math.sqrt(speed[name]) + 1e-9)
    return weights


def report(title, judged):
    for least in (0.3, 0.4, 0.5, 0.6):
        right = sum(t for p, t in judged if p >= least)
        wrong = sum(not t for p, t in judged if p >= least)
        every = sum(t for _, t in judged)
        print(f"{title}: from {least}: recall {right}/{every} = {100 * right / max(1, every):.1f} %, precision {100 * right / max(1, right + wrong):.1f} %", file=sys.stderr)


def calibration(judged):
    """Rows of how often what was given such odds is a credential."""
    print("| odds | values | credentials | share |\n| --- | ---: | ---: | ---: |")
    for tenth in range(10):
        here = [t for p, t in judged if tenth <= p * 10 < tenth + 1 or tenth == 9 and p == 1]
        if here:
            print(f"| {tenth / 10:.1f} to {tenth / 10 + 0.1:.1f} | {len(here)} | {sum(here)} | {100 * sum(here) / len(here):.0f} % |")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("folders", nargs="+", type=Path)
    ap.add_argument("--keysweep", default=str(ROOT / "target/release/keysweep"))
    ap.add_argument("--hold", type=float, default=4.0, help="how hard the weights are held to what they were")
    ap.add_argument("--folds", type=int, default=0)
    ap.add_argument("--calibration", action="store_true", help="fit nothing; show how often what is given such odds is a credential")
    args = ap.parse_args()
    prior = read_weights()
    samples = [s for folder in args.folders for s in read_folder(str(Path(args.keysweep).resolve()), folder)]
    report("as it was", [(odds(prior, f), t) for _, f, t in samples])
    if args.calibration:
        return calibration([(odds(prior, f), t) for _, f, t in samples])
    if args.folds:
        part = lambda path: zlib.crc32(path.split("/")[0].encode()) % args.folds
        judged = []
        for fold in range(args.folds):
            weights = fit(prior, [s for s in samples if part(s[0]) != fold], args.hold)
            judged += [(odds(weights, f), t) for p, f, t in samples if part(p) == fold]
        report("fitted to the others", judged)
        return
    weights = fit(prior, samples, args.hold)
    report("fitted", [(odds(weights, f), t) for _, f, t in samples])
    print("# weight,feature; written by scripts/train_generic.py")
    for name, weight in weights.items():
        print(f"{weight:.2f},{name}")


if __name__ == "__main__":
    main()
