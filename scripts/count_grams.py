#!/usr/bin/env python3
"""Count how common runs of four bytes are: `src/detect/common.bin`, by which anchors and what the sieve looks for are chosen.

    python3 scripts/count_grams.py DIR... > src/detect/common.bin

Reads the text files of any source trees (the more kinds, the better), folds bytes as the sieve does (`| 0x20`), and writes the most common
runs in order: four bytes, little-endian, and how often they begin at a byte, in millionths, two bytes. Each tree counts alike.
"""
import struct
import sys
from collections import Counter
from pathlib import Path

MOST = 6000  # runs that are written
TREE = 24 << 20  # bytes of a tree that are read


def text_of(root):
    total = 0
    for path in sorted(Path(root).rglob("*")):
        if ".git" in path.parts or not path.is_file() or path.is_symlink() or path.stat().st_size > 1 << 20:
            continue
        data = path.read_bytes()
        if b"\0" not in data[:4096]:
            total += len(data)
            yield data
        if total > TREE:
            return


def shares(root):
    counts = Counter()
    for data in text_of(root):
        data = bytes(b | 0x20 for b in data)
        counts.update(data[i:i + 4] for i in range(len(data) - 3))
    total = max(1, sum(counts.values()))
    return {run: n / total for run, n in counts.most_common(4 * MOST)}


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sums = Counter()
    for root in sys.argv[1:]:
        sums.update(shares(root))
    common = sums.most_common(MOST)
    rows = [(struct.unpack("<I", run)[0], min(65535, round(share / len(sys.argv[1:]) * 1e6))) for run, share in common]
    for run, millionths in sorted(rows):
        if millionths:
            sys.stdout.buffer.write(struct.pack("<IH", run, millionths))


if __name__ == "__main__":
    main()
