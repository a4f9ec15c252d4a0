#!/usr/bin/env python3
"""Train the model of how words look: `src/detect/generic/trigrams.bin`.

Reads the text files of any source trees, splits identifiers and prose into words, and writes for each pair of letters how surprising each next
letter is. A table of 27 x 27 x 27 bytes (0 is the edge of a word, 1-26 are a-z), each -log2 of the probability in sixteenths of a bit.

    python3 scripts/train_words.py DIR... > src/detect/generic/trigrams.bin
"""
import collections
import math
import re
import sys
from pathlib import Path

WORD = re.compile(r"[A-Z]?[a-z]{2,19}|[A-Z]{3,20}")


def count_words(roots):
    words = collections.Counter()
    for root in roots:
        for path in sorted(Path(root).rglob("*")):
            if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
                text = path.read_bytes()
                if b"\0" not in text[:4096]:
                    words.update({w.lower() for w in WORD.findall(text.decode("utf-8", "replace"))})
    return words


def table(words):
    counts = collections.Counter()
    for word, files in words.items():
        # A word that few files hold may be part of an encoded value.
        if files >= 4:
            weight = math.sqrt(min(files, 400))
            text = "\0\0" + word + "\0"
            for i in range(2, len(text)):
                counts[text[i - 2:i + 1]] += weight
    letters = "\0abcdefghijklmnopqrstuvwxyz"
    out = bytearray()
    for a in letters:
        for b in letters:
            total = sum(counts[a + b + c] for c in letters)
            for c in letters:
                p = (counts[a + b + c] + 0.5 / 27) / (total + 0.5)
                out.append(min(255, round(-math.log2(p) * 16)))
    return bytes(out)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.stdout.buffer.write(table(count_words(sys.argv[1:])))
