#!/usr/bin/env python3
"""Measures how a history scan grows with the number of objects.

Generates bare repositories with `git fast-import` (the same ones every time), packs each once with `git repack -adf`, scans each with a
keysweep binary, prints a Markdown table and draws docs/history-scaling.svg.

    scripts/history_scaling.py target/release/keysweep [--full] [--runs N] [--work FOLDER] [--svg FILE]
"""

import argparse
import json
import math
import os
import random
import shutil
import string
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

SIZES = [1_000, 10_000, 100_000]
FULL = 1_000_000
SEED = 20_260_101
# A commit of this generator makes about so many objects: itself, its blobs, and the trees above them.
OBJECTS_PER_COMMIT = 7.1
COMMITS_PER_TOKEN = 200
BASE62 = string.digits + string.ascii_uppercase + string.ascii_lowercase

WORDS = """return value self error result config client request response server name path file index buffer length offset count
token key secret password user account session handler context default option field type string number list map node parent child
open close read write send receive start stop begin end first last next previous update create delete insert remove find search
""".split()
FOLDERS = ["src", "src/core", "src/core/io", "src/net", "src/net/http", "lib", "lib/util", "tests", "tests/data", "docs", "deploy/k8s", "ci"]


class Repository:
    """A stream for `git fast-import`: text files that are edited a little, commit after commit."""

    def __init__(self, commits: int):
        self.random = random.Random(SEED + commits)
        self.commits = commits
        self.files: list[tuple[str, list[str]]] = []
        self.planted = 0

    def line(self) -> str:
        r = self.random
        words = [r.choice(WORDS) for _ in range(r.randint(2, 7))]
        kind = r.random()
        if kind < 0.25:
            return f"    {words[0]} = {words[1]}({', '.join(words[2:])})"
        if kind < 0.4:
            return f'    {words[0]}_{words[1]}: "{" ".join(words[2:])}",'
        if kind < 0.45:
            return f"    hash = {r.getrandbits(160):040x}"
        if kind < 0.6:
            return ""
        return "    # " + " ".join(words)

    def token(self) -> str:
        """A token of GitHub's form: thirty random characters and their CRC-32 in base 62. No service ever issued it."""
        body = "".join(self.random.choices(BASE62, k=30))
        checksum, crc = "", zlib.crc32(body.encode())
        for _ in range(6):
            crc, digit = divmod(crc, 62)
            checksum = BASE62[digit] + checksum
        return f'token = "{"ghp"}_{body}{checksum}"'

    def new_file(self) -> int:
        r = self.random
        number = len(self.files)
        # Every fiftieth file is large; the others are of the length of ordinary sources.
        lines = r.randint(4_000, 8_000) if number % 50 == 49 else int(min(2_000, r.lognormvariate(4.3, 0.8))) + 3
        folder = f"{r.choice(FOLDERS)}/part{number // 40}"
        self.files.append((f"{folder}/file{number}.py", [self.line() for _ in range(lines)]))
        return number

    def edit(self) -> int:
        r = self.random
        # The files edited last are edited again more often than others.
        back = int(r.expovariate(1 / 60))
        number = len(self.files) - 1 - back if r.random() < 0.5 and back < len(self.files) else r.randrange(len(self.files))
        lines = self.files[number][1]
        for _ in range(r.randint(1, 3)):
            at = r.randrange(len(lines))
            action = r.random()
            if action < 0.5:
                lines[at] = self.line()
            elif action < 0.8 or len(lines) < 4:
                lines[at:at] = [self.line() for _ in range(r.randint(1, 5))]
            else:
                del lines[at : at + r.randint(1, 3)]
                lines.append(self.line())
        return number

    def stream(self, out) -> None:
        for commit in range(self.commits):
            touched = {self.edit() for _ in range(self.random.choice((1, 1, 2)))} if self.files else set()
            if len(self.files) < 20 or commit % 12 == 0:
                touched.add(self.new_file())
            if commit % COMMITS_PER_TOKEN == COMMITS_PER_TOKEN - 1:
                self.plant(min(touched))
            message = f"Commit {commit}\n".encode()
            out.write(b"commit refs/heads/main\ncommitter A <a@example.org> %d +0000\n" % (1_500_000_000 + commit * 600))
            out.write(b"data %d\n%s" % (len(message), message))
            for number in sorted(touched):
                path, lines = self.files[number]
                data = "\n".join(lines).encode() + b"\n"
                out.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
        out.write(b"done\n")

    def plant(self, number: int) -> None:
        self.files[number][1].insert(1, self.token())
        self.planted += 1


def generate(objects: int, folder: Path) -> tuple[int, int, int]:
    """Makes the repository; returns commits, objects and bytes of pack."""
    commits = round(objects / OBJECTS_PER_COMMIT)
    git = ["git", "-C", str(folder)]
    folder.mkdir(parents=True)
    subprocess.run([*git, "init", "-q", "--bare", "-b", "main", "."], check=True)
    repository = Repository(commits)
    with subprocess.Popen([*git, "fast-import", "--quiet", "--done"], stdin=subprocess.PIPE) as importer:
        repository.stream(importer.stdin)
        importer.stdin.close()
        if importer.wait() != 0:
            sys.exit("git fast-import failed")
    subprocess.run([*git, "repack", "-adfq"], check=True)
    counted = subprocess.run([*git, "count-objects", "-v"], check=True, capture_output=True, text=True).stdout
    facts = dict(line.split(": ") for line in counted.splitlines())
    packs = sum(p.stat().st_size for p in (folder / "objects/pack").glob("*.pack"))
    return commits, int(facts["in-pack"]), packs


def measure(binary: Path, folder: Path, report: Path) -> tuple[float, float, float, dict]:
    """One scan: CPU seconds, wall seconds, peak memory in MB, and the report."""
    command = [str(binary), "scan", "--history", "full", "--format", "json", "-o", str(report), "--fail-on", "never", "-q", str(folder)]
    clock = os.times()
    process = subprocess.Popen(command)
    # wait4 gives the usage of this child alone; that of all children has the peak of the largest, git's repack.
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    wall = os.times().elapsed - clock.elapsed
    if process.returncode not in (0, 3):
        sys.exit(f"{' '.join(command)}: exit {process.returncode}")
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return usage.ru_utime + usage.ru_stime, wall, peak / 1e6, json.loads(report.read_text())


def slope(points: list[tuple[float, float]]) -> float:
    """The exponent of the power law through the points: least squares on logarithms."""
    logs = [(math.log(x), math.log(y)) for x, y in points]
    mx, my = (sum(v) / len(logs) for v in zip(*logs))
    return sum((x - mx) * (y - my) for x, y in logs) / sum((x - mx) ** 2 for x, _ in logs)


def plot(rows: list[dict]) -> str:
    """A log-log plot as SVG: CPU seconds on the left axis, MB of pack on the right."""
    width, height, left, right, top, bottom = 720, 440, 84, 84, 56, 64
    decades = lambda low, high: (math.floor(math.log10(low)), math.ceil(math.log10(high)))
    x_low = round(math.log10(min(r["objects"] for r in rows)))
    x_high = max(round(math.log10(max(r["objects"] for r in rows))), x_low + 1)
    pad = 0.15
    across = lambda v: left + (math.log10(v) - x_low + pad) / (x_high - x_low + 2 * pad) * (width - left - right)

    # Both axes span as many decades, so that slopes can be compared by eye.
    bounds = [decades(min(r[key] for r in rows), max(r[key] for r in rows)) for key in ("cpu", "mb")]
    span = max(1, *(high - low for low, high in bounds))

    def axis(key):
        low, high = decades(min(r[key] for r in rows), max(r[key] for r in rows))
        high = low + span
        return low, high, lambda v: height - bottom - (math.log10(v) - low) / (high - low) * (height - top - bottom)

    series = [
        ("cpu", "#0b5cad", "CPU seconds", "circle", left, "end", -10),
        ("mb", "#a4470f", "MB of pack", "square", width - right, "start", 10),
    ]
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13" fill="#222">',
        "<title>Cost of a history scan against objects in the repository</title>",
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    exponent = slope([(r["objects"], r["cpu"]) for r in rows])
    steep = slope([(r["objects"], r["cpu"]) for r in rows[-2:]])
    out.append(f'<text x="{left}" y="24" font-size="15" font-weight="bold">History scan: cost against objects</text>')
    note = f"slope of CPU seconds: {exponent:.2f} over all points, {steep:.2f} over the last two; all axes logarithmic"
    out.append(f'<text x="{left}" y="43" fill="#555">{note}</text>')
    base = height - bottom
    for power in range(x_low, x_high + 1):
        x = across(10**power)
        out.append(f'<path d="M{x:.1f} {top}V{base}" stroke="#e4e4e4"/>')
        out.append(f'<text x="{x:.1f}" y="{base + 20}" text-anchor="middle">{10**power:,}</text>')
    out.append(f'<text x="{(left + width - right) / 2}" y="{height - 18}" text-anchor="middle">objects in the repository</text>')
    for key, colour, label, mark, edge, anchor, shift in series:
        low, high, up = axis(key)
        for power in range(low, high + 1):
            y = up(10.0**power)
            if key == "cpu":
                out.append(f'<path d="M{left} {y:.1f}H{width - right}" stroke="#e4e4e4"/>')
            out.append(f'<text x="{edge + shift}" y="{y + 4:.1f}" text-anchor="{anchor}" fill="{colour}">{10.0**power:g}</text>')
        x = 22 if key == "cpu" else width - 18
        turn = f'transform="rotate(-90 {x} {(top + base) / 2})"'
        out.append(f'<text x="{x}" y="{(top + base) / 2}" {turn} text-anchor="middle" fill="{colour}">{label}</text>')
        points = [(across(r["objects"]), up(r[key])) for r in rows]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        dash = "" if key == "cpu" else ' stroke-dasharray="6 4"'
        out.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        for x, y in points:
            if mark == "circle":
                out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="{colour}"/>')
            else:
                out.append(f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="{colour}"/>')
    out.append(f'<path d="M{left} {top}V{base}H{width - right}V{top}" fill="none" stroke="#666"/>')
    return "\n".join([*out, "</svg>\n"])


def table(rows: list[dict]) -> str:
    out = ["| objects | commits | pack, MB | CPU, s | wall, s | peak, MB | CPU, µs an object | planted | found |", "|" + "---:|" * 9]
    for r in rows:
        each = r["cpu"] / r["objects"] * 1e6
        out.append(
            f"| {r['objects']:,} | {r['commits']:,} | {r['mb']:.1f} | {r['cpu']:.2f} | {r['wall']:.2f} | {r['peak']:.0f} | {each:.0f}"
            f" | {r['planted']} | {r['found']} |"
        )
    return "\n".join(out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary", type=Path, help="the keysweep to measure")
    parser.add_argument("--full", action="store_true", help=f"a repository of {FULL:,} objects too")
    parser.add_argument("--runs", type=int, default=3, help="scans of each repository; that of least CPU counts")
    parser.add_argument("--work", type=Path, help="folder for the repositories; a temporary one unless given")
    parser.add_argument("--svg", type=Path, default=Path(__file__).resolve().parent.parent / "docs/history-scaling.svg")
    args = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="history-scaling-", dir=args.work))
    rows = []
    try:
        for size in SIZES + [FULL] * args.full:
            folder = work / f"{size}.git"
            commits, objects, packed = generate(size, folder)
            runs = [measure(args.binary.resolve(), folder, work / "report.json") for _ in range(max(args.runs, 1))]
            cpu, wall, peak, report = min(runs, key=lambda run: run[0])
            planted = commits // COMMITS_PER_TOKEN
            rows.append({"objects": objects, "commits": commits, "mb": packed / 1e6, "cpu": cpu, "wall": wall, "peak": peak})
            rows[-1] |= {"planted": planted, "found": len(report["findings"])}
            print(f"{objects:,} objects: {cpu:.2f} s", file=sys.stderr)
            shutil.rmtree(folder)
    finally:
        shutil.rmtree(work)
    args.svg.write_text(plot(rows))
    print(table(rows))


if __name__ == "__main__":
    main()
