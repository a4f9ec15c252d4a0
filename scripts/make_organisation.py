#!/usr/bin/env python3
"""Makes an organisation of git repositories to sweep: small to large, with forks that share history, and credentials of no use sprinkled in.

usage: make_organisation.py FOLDER [--repositories 2000] [--seed 1]      make it
       make_organisation.py FOLDER --change 0.01 [--seed 2]              add a commit to such a part of the repositories

Bare repositories are written by `git fast-import`, so that a thousand take a minute. Sizes follow a power law: most have a few commits, some thousands.
"""
import argparse
import os
import random
import subprocess
import sys

WORDS = "account address amount batch buffer cache client cluster config cursor deploy driver engine event filter handler index invoice job ledger".split()
ALPHABET = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def text(rng, lines):
    """Lines of something like code, of which most are alike from one version to the next."""
    return [f"    {rng.choice(WORDS)}_{rng.choice(WORDS)} = {rng.choice(WORDS)}({rng.randrange(10_000)})\n" for _ in range(lines)]


def leak(rng):
    """A line with a credential of a form that is found; it opens nothing."""
    return f'password = "{"".join(rng.choice(ALPHABET) for _ in range(24))}"\n'


class Stream:
    """Commits for `git fast-import`."""

    def __init__(self, rng):
        self.rng, self.out, self.mark, self.time = rng, [], 0, 1_700_000_000
        self.files = {}

    def commit(self, branch, parent=None):
        rng = self.rng
        self.mark += 1
        self.time += rng.randrange(60, 100_000)
        self.out.append(f"commit refs/heads/{branch}\nmark :{self.mark}\n")
        name = rng.choice(["ada", "bob", "cleo", "dan"])
        self.out.append(f"committer {name} <{name}@acme.test> {self.time} +0000\ndata 6\nchange\n")
        if parent:
            self.out.append(f"from {parent}\n")
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            path = f"src/{rng.choice(WORDS)}/{rng.choice(WORDS)}.py"
            lines = self.files.setdefault(path, text(rng, rng.randrange(20, 200)))
            at = rng.randrange(len(lines))
            lines[at : at + rng.randrange(3)] = text(rng, rng.randrange(1, 4))
            if rng.random() < 0.004:
                lines.insert(at, leak(rng))
            data = "".join(lines)
            self.out.append(f"M 100644 inline {path}\ndata {len(data)}\n{data}\n")

    def run(self, folder):
        data = "".join(self.out).encode()
        subprocess.run(["git", "--git-dir", folder, "fast-import", "--quiet", "--force"], input=data, check=True)


def commits(rng):
    """How many commits a repository has: a power law between 2 and 3,000."""
    return min(3000, int(2 * (1 - rng.random()) ** -1.1))


def make(folder, count, seed):
    rng = random.Random(seed)
    os.makedirs(folder, exist_ok=True)
    originals = []
    for number in range(count):
        path = os.path.join(folder, f"repo-{number:05}.git")
        if originals and rng.random() < 0.15:
            origin = rng.choice(originals)
            subprocess.run(["git", "clone", "-q", "--bare", "--no-local", origin, path], check=True)
            with open(os.path.join(path, "keysweep-origin"), "w") as out:
                out.write(os.path.abspath(origin))
            stream = Stream(random.Random(rng.random()))
            stream.commit("fork", "refs/heads/main^0")
            stream.run(path)
            continue
        subprocess.run(["git", "init", "-q", "--bare", "--initial-branch=main", "--template=", path], check=True)
        stream = Stream(random.Random(rng.random()))
        for _ in range(commits(rng)):
            stream.commit("main")
        stream.run(path)
        originals.append(path)


def change(folder, part, seed):
    rng = random.Random(seed)
    names = sorted(os.listdir(folder))
    chosen = rng.sample(names, max(1, round(len(names) * part)))
    for name in chosen:
        stream = Stream(random.Random(rng.random()))
        stream.time = 1_790_000_000
        stream.commit("main", "refs/heads/main^0")
        stream.run(os.path.join(folder, name))
    print(f"{len(chosen)} repositories changed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--repositories", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--change", type=float, metavar="PART")
    args = parser.parse_args()
    if args.change:
        change(args.folder, args.change, args.seed)
    elif os.path.isdir(args.folder) and os.listdir(args.folder):
        sys.exit(f"{args.folder} is not empty")
    else:
        make(args.folder, args.repositories, args.seed)


if __name__ == "__main__":
    main()
