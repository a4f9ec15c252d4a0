#!/usr/bin/env python3
"""Make the labelled files that accuracy is measured on, `testdata/accuracy/`.

    python3 scripts/make_corpus.py          adds files for detectors that are new, and leaves the others as they are
    python3 scripts/make_corpus.py --all    makes all files anew

Everything comes from the repository: contexts written by hand in `testdata/contexts/`, and the examples and placeholders of `detectors/*.yml`. The same input
gives the same files. No file holds a credential: a value is a template, as in the examples of detectors, between marks that say what it is:

    ⟦T detector⟧template⟦/⟧   a credential this detector should find
    ⟦P detector⟧template⟦/⟧   a credential or its part that may be found or not
    ⟦F kind⟧template⟦/⟧       looks like one and is none
    ⟦L kind⟧text⟦/⟧           likewise, text as it stands

The first line, ⟦file PATH⟧, says which path the file pretends to have. tests/it/accuracy.rs expands all that and scans it.

A context begins with `=== format | path | n=COPIES repeat=LINES`. In it stand slots between section signs: names (§app§, §host§), credentials (§password§,
§secret:detector§), traps (§F:sha256§, §L:kind|text§), and lines that are repeated with a provider's setting (§SNAKE§ = "§v§") or a whole example (§verbatim§). A context with `until=N` instead of `n` is copied until every detector stands in N places.
Needs PyYAML, since the detectors are YAML.
"""
import argparse
import itertools
import random
import re
import shutil
import sys
from pathlib import Path

from corpus import values
from corpus.examples import Examples, value_span

ROOT = Path(__file__).resolve().parent.parent
CONTEXTS = ROOT / "testdata/contexts"
OUT = ROOT / "testdata/accuracy"
SEED = "keysweep corpus 1"

SLOT = re.compile(r"§([^§\n]+)§")
NAMES = ("SNAKE", "snake", "camel", "Pascal", "kebab", "dotted")

# What a trap is called in the tables, by the format of the file or else by the slot.
KIND_OF_FORMAT = {
    "encrypted": "encrypted value",
    "lock": "lock file",
    "public-keys": "public key or certificate",
    "public-config": "public setting",
    "crypto-vectors": "test vector",
    "git-output": "git object id",
    "checksums": "checksum",
    "minified": "minified code",
    "recorded-response": "recorded response or log",
}
KIND_OF_TRAP = {
    "uuid": "UUID",
    "md5": "hash or id in hexadecimal",
    "sha1": "hash or id in hexadecimal",
    "sha256": "hash or id in hexadecimal",
    "hex": "hash or id in hexadecimal",
    "HEX": "hash or id in hexadecimal",
    "sshfp": "public key or certificate",
    "digest": "image digest",
    "bcrypt": "password hash",
    "sha512crypt": "password hash",
    "sshpub": "public key or certificate",
    "sshpubrsa": "public key or certificate",
    "pubkeyline": "public key or certificate",
    "hexline": "encrypted value",
    "b64": "base64 of something else",
    "b64url": "base64 of something else",
    "uppernum": "identifier of a resource",
    "alnum": "identifier of a resource",
    "lowernum": "identifier of a resource",
}


def read_contexts():
    for path in sorted(CONTEXTS.glob("*.txt")):
        if path.name == "strings.txt":
            continue
        for part in ("\n" + path.read_text()).split("\n=== ")[1:]:
            head, body = part.split("\n", 1)
            form, name, options = (field.strip() for field in head.split("|"))
            options = {k: int(v) for k, v in (o.split("=") for o in options.split())}
            yield form, name, options, body.rstrip("\n") + "\n"


def words_of(name):
    """The words of an identifier, small: `someAPIKey_2` has some, api, key, 2."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", name)
    name = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1 \2", name)
    return [w.lower() for w in re.split(r"[^A-Za-z0-9]+", name) if w]


def spellings(name):
    words = words_of(name)
    words = words[1:] if words[0] in ("self", "this") and len(words) > 1 else words
    if words[0][0].isdigit():
        words[0] = "x" + words[0]
    humps = "".join(w.capitalize() for w in words)
    return {
        "snake": "_".join(words),
        "SNAKE": "_".join(words).upper(),
        "kebab": "-".join(words),
        "dotted": ".".join(words),
        "Pascal": humps,
        "camel": words[0] + humps[len(words[0]) :],
    }


class File:
    """One file: a context with its slots filled."""

    def __init__(self, form, options, rng, examples, strings):
        self.form, self.options, self.rng, self.examples = form, options, rng, examples
        self.place = values.place(rng)
        self.lang = rng.choice(sorted(strings))
        self.strings = strings[self.lang]

    def path(self, path):
        return SLOT.sub(lambda m: self.slot(m[1]), path).replace("\\", "/")

    def fill(self, body):
        out, block = [], None
        for line in body.split("\n"):
            if m := re.fullmatch(r"\s*§each (\d+)§", line):
                block = (int(m[1]), [])
            elif line.strip() == "§end§":
                for setting in self.examples.settings(block[0]):
                    out += self.setting(block[1], setting)
                block = None
            elif block:
                block[1].append(line)
            else:
                out += self.line(line)
        return "\n".join(out)

    def line(self, line):
        if "§v§" in line:
            filled = (self.setting([line], s) for s in self.examples.settings(self.options.get("repeat", 1)))
            return list(itertools.chain.from_iterable(filled))
        if "§placeholder-line§" in line:
            return [mark("F", "placeholder", p) for p in self.examples.placeholders(6)]
        for slot in ("§verbatim§", "§verbatim-json§", "§own§", "§rare§"):
            if slot in line:
                many = self.options.get("verbatim", 1)
                return list(itertools.chain.from_iterable(self.whole(line, slot) for _ in range(many)))
        return [self.slots(line)]

    def setting(self, lines, setting):
        out = []
        for tag, detector, name, template in setting:
            names = spellings(name)
            for line in lines:
                line = SLOT.sub(lambda m: names.get(m[1], m[0]), line)
                out.append(self.slots(line.replace("§v§", mark(tag, detector, template))))
        return out

    def whole(self, line, slot):
        before, after = line.split(slot, 1)
        own = "key" if self.form == "key-file" else "block"
        kind = {"§verbatim-json§": "plain", "§own§": own, "§rare§": "rare"}.get(slot, "line")
        if kind == "line" and not before.strip() and not after.strip():
            kind = "any"
        detector, text, low = self.examples.whole(kind)
        start, end = value_span(text)
        text = text[:start] + mark("P" if low else "T", detector, text[start:end]) + text[end:]
        lines = text.rstrip("\n").split("\n")
        indent = before if not before.strip() else " " * len(before)
        first = self.slots(before) + lines[0] + (self.slots(after) if len(lines) == 1 else "")
        return [first] + [indent + more for more in lines[1:]]

    def slots(self, line):
        return SLOT.sub(lambda m: self.slot(m[1]), line)

    def slot(self, name):
        if name in self.place:
            return self.place[name]
        if name == "lang":
            return self.lang
        head, _, argument = name.partition(":")
        if head == "ui":
            return mark("L", "translation", self.strings[argument])
        if head == "L":
            kind, text = argument.split("|", 1)
            return mark("L", kind, text)
        if head == "T":
            return mark("T", argument, self.examples.value_of(argument))
        if head == "F":
            return self.trap(argument)
        detector, template = values.credential(head, self.rng, self.place)
        return mark("T", argument or detector, template)

    def trap(self, what):
        name = what.split(" ")[0]
        if name in values.LITERAL_TRAPS:
            return mark("L", name, self.rng.choice(values.LITERAL_TRAPS[name]))
        kind = KIND_OF_FORMAT.get(self.form) or KIND_OF_TRAP[name]
        return mark("F", kind, values.trap(what))


def mark(tag, what, text):
    return f"⟦{tag} {what}⟧{text}⟦/⟧"


def read_strings():
    lines = (CONTEXTS / "strings.txt").read_text().splitlines()
    names = lines[0].split(": ")[1].rstrip(".").split(", ")
    return {lang: dict(zip(names, texts)) for lang, *texts in (line.split("|") for line in lines[1:])}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--all", action="store_true", help="make all files anew")
    everything = ap.parse_args().all
    examples = Examples(ROOT / "detectors", random.Random(SEED))
    if not everything:
        for path in OUT.glob("*/*.txt"):
            examples.count.update(d for d in re.findall(r"⟦[TP] ([^⟧]+)⟧", path.read_text()) if d in examples.count)
    strings = read_strings()
    files = []
    contexts = sorted(read_contexts(), key=lambda context: "until" in context[2])
    for form, path, options, body in contexts:
        if not everything and "until" not in options:
            continue
        for copy in itertools.count():
            if examples.least() >= options["until"] if "until" in options else copy == options.get("n", 1):
                break
            rng = random.Random(f"{SEED}/{form}/{path}/{copy}")
            file = File(form, options, rng, examples, strings)
            files.append((form, file.path(path), file.fill(body)))
    write(files, everything)
    print(f"{len(files)} files, {sum(len(text.encode()) for _, _, text in files) // 1024} KiB", file=sys.stderr)


def write(files, everything):
    if everything and OUT.exists():
        shutil.rmtree(OUT)
    for form, path, text in files:
        there = [int(p.stem) for p in (OUT / form).glob("*.txt")]
        target = OUT / form / f"{max(there, default=0) + 1:03}.txt"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(f"⟦file {path}⟧\n{text}")


if __name__ == "__main__":
    main()
