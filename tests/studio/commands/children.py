"""A scripted child that speaks as the trainer does: it prepares, measures, trains and exports in no time."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from engine.formats.protocol import parse_event
from studio.workers.training_process import Parse, TrainingProcess

CHILD = r"""
import json, os, sys
from pathlib import Path
def option(name):
    return sys.argv[sys.argv.index(name) + 1]
def say(**event):
    line = json.dumps(event | {"time": 1.0})
    if log:
        print(line, file=log, flush=True)
    try:
        print(line, flush=True)
    except OSError:  # nobody listens any more
        sys.stdout = open(os.devnull, "w")
def fail(code, text, status=2):
    say(event="failed", reason={"code": code, "message": text, "values": {}})
    print("trainer: " + text, file=sys.stderr)
    sys.exit(status)
log = None
what = sys.argv[1]
if what == "helpers":
    if "NO_HELPERS" in os.environ:
        fail("helper-not-had", "the helper could not be fetched (no network)", 1)
    sys.exit(0)
out = Path(option("--out"))
if what == "bundle":
    out.mkdir(parents=True)
    (out / "model.json").write_text(json.dumps({"snapshot": option("--snapshot"), "name": option("--name")}))
    sys.exit(0)
if what == "dataset":
    source = Path(sys.argv[3])
    names = sorted(p.name for p in source.iterdir())
    say(event="found", folder=str(source), out=str(out), pictures=len(names), remembered=0)
    if "slow" in source.name:
        sys.stdin.read()
    if not names:
        fail("no-pictures", "Cannot use it: there are no pictures in it.", 11)
    out.mkdir(parents=True, exist_ok=True)
    decided = json.loads((out / "overrides.json").read_text()) if (out / "overrides.json").exists() else {}
    whole = "--no-align" in sys.argv
    keep, drop = [], []
    for n, name in enumerate(names):
        good = whole or n > 0 or name in decided.get("keep", [])
        good = good and name not in decided.get("leave_out", [])
        one = {"id": name, "source": name, "label": "all", "thumbnail": name, "decided": False}
        more = {"code": "no-face", "reason": "no face", "like": ""}
        more = {"file": name, "split": "train", "cluster": n} if good else more
        (keep if good else drop).append(one | more)
        say(event="progress", done=n + 1, total=len(names), crops=n, problems=0, seconds_left=1.0)
    digest = "".join(sorted(one["id"] for one in keep)).encode().hex()[:64].ljust(64, "0")
    old = json.loads((out / "set.json").read_text()) if (out / "set.json").exists() else {}
    earlier = old.get("earlier_digests", []) + ([old["digest"]] if old and old["digest"] != digest else [])
    head = {"format": 1, "title": source.name, "source_folder": str(source), "aligned": not whole,
            "digest": digest}
    (out / "set.json").write_text(json.dumps(head | {"labels": None, "earlier_digests": earlier,
        "pictures": [{"source_sha256": one["id"]} for one in keep]}))
    counts = {"kept": len(keep), "train": len(keep), "val": 0}
    (out / "report.json").write_text(json.dumps(head | {"kept": keep, "dropped": drop, "problems": [],
        "counts": counts, "classes": {"all": {"train": len(keep), "val": 0}},
        "warnings": [{"code": "few", "text": "few", "value": len(keep)}]}))
    say(event="done", out=str(out), digest=digest, pictures=len(keep), train=len(keep), val=0)
    sys.exit(0)
if "--preflight" in sys.argv:
    if "broken" in sys.argv:
        fail("no-memory", "CUDA out of memory. Tried to allocate 2 GiB")
    say(event="preflight", fits=True, seconds=540.0, memory_mb=400.0, disk_mb=120.0, batch=8, accumulation=1,
        sentence="fits, about 9 minutes")
    sys.exit(0)
out.mkdir(parents=True, exist_ok=True)
(out / "job.json").write_text(json.dumps({"name": option("--name") if "--name" in sys.argv else out.name,
    "data": sys.argv[2], "format": 1}))
log = (out / "events.jsonl").open("a")
say(event="started", version=1, run=out.name, device="CPU", precision="fp32", kimg=0, total_kimg=10,
    pictures=5, resumed="--resume" in sys.argv)
if "fail" in sys.argv:
    fail("too-few", "there are too few pictures")
for line in sys.stdin:
    command = json.loads(line)["command"]
    if command == "stop":
        break
    if command == "pause":
        say(event="paused", reason={"code": "asked", "message": "paused on request"})
    if command == "checkpoint":
        say(event="snapshot", step=7, kimg=5, folder="snapshots/7", samples="samples/7.webp",
            values={"kid": 0.1}, best=True)
    if command == "preview":
        say(event="done", reason={"code": "finished", "message": "finished"}, kimg=10, bundle="model")
        sys.exit(0)
say(event="done", reason={"code": "stopped", "message": "stopped"}, kimg=5, bundle=None)
"""


def make(arguments: Sequence[str], parse: Parse = parse_event, /) -> TrainingProcess:
    """A `MakeProcess` for scripted children."""
    return TrainingProcess(arguments, program=(sys.executable, "-S", "-c", CHILD), parse=parse)
