#!/usr/bin/env python3
"""Writes what `cargo metadata` on standard input says is built into the program as a CycloneDX 1.5 bill of materials, with the digests of Cargo.lock."""

import datetime
import json
import os
import pathlib
import sys
import tomllib

metadata = json.load(sys.stdin)
lock = tomllib.loads((pathlib.Path(metadata["workspace_root"]) / "Cargo.lock").read_text())
digests = {(p["name"], p["version"]): p.get("checksum") for p in lock["package"]}
packages = {p["id"]: p for p in metadata["packages"]}
nodes = {n["id"]: n for n in metadata["resolve"]["nodes"]}
root = metadata["resolve"]["root"]


def linked(node):
    """Ids of what is linked in: not what only tests or the build script need."""
    return sorted({d["pkg"] for d in node["deps"] if any(k["kind"] is None for k in d["dep_kinds"])})


reached, stack = set(), [root]
while stack:
    one = stack.pop()
    if one not in reached:
        reached.add(one)
        stack.extend(linked(nodes[one]))


def reference(id):
    package = packages[id]
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(id):
    package = packages[id]
    entry = {
        "type": "application" if id == root else "library",
        "bom-ref": reference(id),
        "name": package["name"],
        "version": package["version"],
        "purl": reference(id),
    }
    digest = digests.get((package["name"], package["version"]))
    if digest:
        entry["hashes"] = [{"alg": "SHA-256", "content": digest}]
    if package["license"]:
        entry["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    return entry


order = sorted(reached, key=reference)
taken = datetime.datetime.fromtimestamp(int(os.environ["SOURCE_DATE_EPOCH"]), datetime.timezone.utc)
json.dump(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"timestamp": taken.strftime("%Y-%m-%dT%H:%M:%SZ"), "component": component(root)},
        "components": [component(id) for id in order if id != root],
        "dependencies": [{"ref": reference(id), "dependsOn": [reference(d) for d in linked(nodes[id])]} for id in order],
    },
    sys.stdout,
    indent=2,
)
print()
