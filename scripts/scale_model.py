#!/usr/bin/env python3
"""Simulates nights of a large organisation from measured figures, and says what is busy: the workers, the store, or the network.

usage: scale_model.py [--repositories 100000] [--store-rate 175] [--svg FILE]

A discrete simulation. Workers take repositories from the store one by one; each visits the store (a server that ends so many repositories' visits a second),
waits for the network, and computes. What a repository costs is drawn from a log-normal distribution around the measured medians (docs/scale.md).
"""
import argparse
import heapq
import random

# Seconds of a repository. `wait` is what the network costs beside the measured fetch on one machine: a TLS connection and two requests.
NIGHTS = {
    "first": {"wait": 0.6, "compute": 0.080, "spread": 1.2},
    "1 % changed": {"wait": 0.35, "compute": 0.024, "spread": 0.6},
}
# Repositories that a worker has in hand at a time, and its cores.
IN_HAND, CORES = 8, 4


def night(kind, repositories, workers, store_rate, seed=1):
    """Seconds that a night takes, and the share of them that store and cores are busy."""
    rng, cost = random.Random(seed), NIGHTS[kind]
    store_free, store_busy, core_busy, end = 0.0, 0.0, 0.0, 0.0
    cores = [[0.0] * CORES for _ in range(workers)]
    for heap in cores:
        heapq.heapify(heap)
    # Hands that are free, by when.
    hands = [(0.0, n % workers) for n in range(workers * IN_HAND)]
    heapq.heapify(hands)
    visit = 1.0 / store_rate
    for _ in range(repositories):
        at, worker = heapq.heappop(hands)
        # Both visits, to take and to end, are charged where the first is made: what counts is how much the store can do.
        store_free = max(store_free, at) + visit
        store_busy += visit
        spread = rng.lognormvariate(0, cost["spread"])
        ready = store_free + cost["wait"]
        core = heapq.heappop(cores[worker])
        done = max(core, ready) + cost["compute"] * spread
        heapq.heappush(cores[worker], done)
        core_busy += cost["compute"] * spread
        heapq.heappush(hands, (done, worker))
        end = max(end, done)
    return end, store_busy / end, core_busy / (end * workers * CORES)


def draw(rows, file):
    """Minutes of a night against workers, both on logarithmic scales."""
    from math import log10

    width, height, left, bottom = 640, 320, 60, 40
    xs = [r[1] for r in rows]
    ys = [r[2] / 60 for r in rows]
    span = lambda v, low, high, size: size * (log10(v) - log10(low)) / (log10(high) - log10(low))
    x = lambda v: left + span(v, min(xs), max(xs), width - left - 130)
    y = lambda v: height - bottom - span(v, min(ys) * 0.8, max(ys), height - bottom - 20)
    colours = {"first": "#c27a2c", "1 % changed": "#3b6ea5"}
    out = []
    for kind, colour in colours.items():
        own = [(x(w), y(s / 60)) for k, w, s, *_ in rows if k == kind]
        out.append(f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in own)}"/>')
        out.append(f'<text x="{own[-1][0] + 8:.0f}" y="{own[-1][1] + 4:.0f}">{kind} night</text>')
    for w in sorted(set(xs)):
        out.append(f'<text x="{x(w):.0f}" y="{height - 18}" text-anchor="middle">{w}</text>')
    for minutes in (1, 5, 15, 60, 240):
        if min(ys) * 0.8 <= minutes <= max(ys):
            out.append(f'<text x="{left - 8}" y="{y(minutes) + 4:.0f}" text-anchor="end">{minutes} min</text>')
    out.append(f'<text x="{left + 180}" y="{height - 2}">workers</text>')
    style = "text{font:13px system-ui,sans-serif;fill:#444}@media(prefers-color-scheme:dark){text{fill:#ccc}}"
    with open(file, "w") as svg:
        svg.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"><style>{style}</style>{"".join(out)}</svg>\n')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repositories", type=int, default=100_000)
    parser.add_argument("--store-rate", type=float, default=175, help="repositories a second that the store can give out and end")
    parser.add_argument("--svg", metavar="FILE")
    args = parser.parse_args()
    rows = []
    print("night         workers   takes      store busy   cores busy")
    for kind in NIGHTS:
        for workers in (1, 5, 20, 50, 100, 200, 400):
            seconds, store, cores = night(kind, args.repositories, workers, args.store_rate)
            rows.append((kind, workers, seconds, store, cores))
            print(f"{kind:12}  {workers:7}  {seconds / 60:6.1f} min  {store:9.0%}  {cores:10.0%}")
    if args.svg:
        draw(rows, args.svg)


if __name__ == "__main__":
    main()
