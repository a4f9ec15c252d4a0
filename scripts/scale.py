#!/usr/bin/env python3
"""Measures sweeps of an organisation made by make_organisation.py, and draws what was measured.

usage: scale.py KEYSWEEP FOLDER OUT [--repositories 2000] [--postgres URL]

FOLDER gets the organisation (unless it is there), stores and mirrors; OUT gets scale.json and scale.svg. Each step is a sweep: with one worker, with two,
unchanged, after a change of one in a hundred, and, with a server, by two processes that share it.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def run(command, **options):
    """Wall and CPU seconds and the most memory of a process, its children with it, and what it logged."""
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, **options)
    log = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{command} ended with {process.returncode}\n{log[-2000:]}")
    return {
        "wall": round(time.monotonic() - began, 2),
        "user": round(usage.ru_utime, 2),
        "system": round(usage.ru_stime, 2),
        "memory_mb": usage.ru_maxrss // 1024,
        "log": log,
    }


def size(path):
    total = 0
    for folder, _, names in os.walk(path):
        total += sum(os.lstat(os.path.join(folder, n)).st_size for n in names)
    return total if os.path.isdir(path) else os.path.getsize(path)


def median(values):
    ordered = sorted(values)
    return ordered[len(ordered) // 2] if ordered else 0


class Bench:
    def __init__(self, args):
        self.args, self.results = args, []
        self.organisation = os.path.join(args.folder, "organisation")
        self.list = os.path.join(args.folder, "list.txt")

    def organise(self):
        if not os.path.isdir(self.organisation):
            os.makedirs(self.args.folder, exist_ok=True)
            script = os.path.join(HERE, "make_organisation.py")
            subprocess.run([sys.executable, script, self.organisation, "--repositories", str(self.args.repositories)], check=True)
        with open(self.list, "w") as out:
            for name in sorted(os.listdir(self.organisation)):
                path = os.path.join(self.organisation, name)
                origin = os.path.join(path, "keysweep-origin")
                parent = f" file://{open(origin).read().strip()}" if os.path.exists(origin) else ""
                out.write(f"file://{path}{parent}\n")

    def sweep(self, called, store, cache, workers, extra=(), fresh=False):
        cache, plain = os.path.join(self.args.folder, cache), not store.startswith("postgres")
        store = os.path.join(self.args.folder, store) if plain else store
        if fresh:
            shutil.rmtree(cache, ignore_errors=True)
            for end in ("", "-wal", "-shm"):
                if plain and os.path.exists(store + end):
                    os.remove(store + end)
        command = [self.args.keysweep, "sweep", "--repos", self.list, "--store", store, "--cache", cache, "-w", str(workers)]
        result = run([*command, "--fail-on", "never", "--log", "json", *extra])
        events = [json.loads(line) for line in result.pop("log").splitlines() if line.startswith('{"bytes"') or '"repository"' in line and line.startswith("{")]
        outcomes = {}
        for event in events:
            outcomes.setdefault(event["outcome"], []).append(event["millis"])
        result |= {"called": called, "workers": workers, "repositories": {k: len(v) for k, v in outcomes.items()}}
        result |= {"millis": {k: {"median": median(v), "most": max(v)} for k, v in outcomes.items()}}
        result |= {"inspected_mb": round(sum(e["bytes"] for e in events) / 1e6, 1), "mirrors_mb": round(size(cache) / 1e6, 1)}
        if plain:
            result["store_mb"] = round(size(store) / 1e6, 1)
        self.results.append(result)
        print(json.dumps(result))

    def all(self):
        self.organise()
        self.sweep("everything, 1 worker", "one.db", "one", 1, fresh=True)
        self.sweep("everything, 2 workers", "two.db", "two", 2, fresh=True)
        self.sweep("unchanged, 1 worker", "two.db", "two", 1)
        self.sweep("unchanged, 2 workers", "two.db", "two", 2)
        script = os.path.join(HERE, "make_organisation.py")
        subprocess.run([sys.executable, script, self.organisation, "--change", "0.01", "--seed", str(int(time.time()))], check=True)
        self.sweep("1 % changed, 2 workers", "two.db", "two", 2)
        if self.args.postgres:
            self.postgres()

    def postgres(self):
        """Two processes with a worker each, as two machines would."""
        cache = os.path.join(self.args.folder, "other")
        for called in ("everything, 2 processes, PostgreSQL", "unchanged, 2 processes, PostgreSQL"):
            worker = [self.args.keysweep, "worker", "--store", self.args.postgres, "--cache", cache, "-w", "1", "-q"]
            other = subprocess.Popen(worker)
            self.sweep(called, self.args.postgres, "pg", 1)
            other.terminate()
            other.wait()


def draw(results, file):
    """Wall and CPU seconds of each sweep as bars."""
    most = max(max(r["wall"], r["user"] + r["system"]) for r in results)
    rows, height = [], 46
    for n, r in enumerate(results):
        y = 34 + n * height
        cpu = r["user"] + r["system"]
        rows.append(f'<text x="8" y="{y + 14}">{r["called"]}</text>')
        for at, value, colour in ((0, r["wall"], "#3b6ea5"), (13, cpu, "#c27a2c")):
            width = 420 * value / most
            rows.append(f'<rect x="290" y="{y + at}" width="{width:.1f}" height="11" fill="{colour}"/>')
            rows.append(f'<text x="{296 + width:.1f}" y="{y + at + 10}" class="n">{value:.1f} s</text>')
    legend = '<rect x="290" y="8" width="11" height="11" fill="#3b6ea5"/><text x="306" y="18">wall</text><rect x="360" y="8" width="11" height="11" fill="#c27a2c"/><text x="376" y="18">CPU, git with it</text>'
    style = "text{font:13px system-ui,sans-serif;fill:#444}.n{font-size:11px}@media(prefers-color-scheme:dark){text{fill:#ccc}}"
    with open(file, "w") as out:
        out.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {44 + len(results) * height}"><style>{style}</style>{legend}{"".join(rows)}</svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("keysweep")
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--repositories", type=int, default=2000)
    parser.add_argument("--postgres", metavar="URL")
    args = parser.parse_args()
    bench = Bench(args)
    bench.all()
    os.makedirs(args.out, exist_ok=True)
    with open(os.path.join(args.out, "scale.json"), "w") as out:
        json.dump(bench.results, out, indent=1)
    draw(bench.results, os.path.join(args.out, "scale.svg"))


if __name__ == "__main__":
    main()
