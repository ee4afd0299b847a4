#!/usr/bin/env python3
"""Does TensorBoard itself read an event file of ours? For maintainers; needs the `tensorboard` package.

    check_tensorboard.py RUN_FOLDER [--serve]

Reads every scalar, image and text with TensorBoard's own event_accumulator and prints what it found; with --serve also
starts TensorBoard on 127.0.0.1 and asks its HTTP endpoints for the same. Exit code 1 if anything is missing.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from tensorboard.backend.event_processing import event_accumulator, event_file_loader

EVERYTHING = {key: 0 for key in ("scalars", "tensors", "images", "histograms", "audio", "compressedHistograms")}


def read_as_tensorboard(folder):
    """What the dashboards see: old-style scalars and images migrated to tensors, by plugin."""
    accumulator = event_accumulator.EventAccumulator(str(folder), size_guidance=EVERYTHING)
    accumulator.Reload()
    for path in folder.glob("*tfevents*"):
        events = list(event_file_loader.LegacyEventFileLoader(str(path)).Load())
        print(f"{path.name}: {len(events)} records, file_version {events[0].file_version!r}")
    tags = accumulator.Tags()
    for tag in tags["scalars"]:
        values = accumulator.Scalars(tag)
        print(f"scalar {tag}: {len(values)} values, last {values[-1].value:g} at step {values[-1].step}")
    for tag in tags["images"]:
        last = accumulator.Images(tag)[-1]
        print(f"image {tag}: {last.width} x {last.height} at step {last.step}, {len(last.encoded_image_string)} bytes")
    for tag in tags["tensors"]:
        last = accumulator.Tensors(tag)[-1]
        print(f"text {tag}: {last.tensor_proto.string_val[0].decode()[:60]!r} at step {last.step}")
    return tags


def ask(port, path, **query):
    return fetch(port, f"{path}?{urllib.parse.urlencode(query)}")


def fetch(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/data/plugin/{path}", timeout=10) as answer:
        return answer.read()


def ask_server(folder, port=16006):
    server = subprocess.Popen(
        [sys.executable, "-m", "tensorboard.main", "--logdir", str(folder), "--host", "127.0.0.1", "--port", str(port),
         "--load_fast", "false"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        found = {}
        for _ in range(60):
            time.sleep(1)
            try:
                found = {kind: json.loads(ask(port, f"{kind}/tags")) for kind in ("scalars", "images", "text")}
            except OSError:
                continue
            if all(found.values()):
                break
        for kind, runs in found.items():
            for run, tags in runs.items():
                for tag in tags:
                    sample = {"sample": 0} if kind == "images" else {}
                    rows = json.loads(ask(port, f"{kind}/{kind}", run=run, tag=tag, **sample))
                    print(f"served {kind} {tag}: {len(rows)} values")
                    if kind == "images":
                        picture = fetch(port, "images/individualImage?" + rows[-1]["query"])
                        print(f"  {'a' if picture.startswith(bytes([0x89]) + b'PNG') else 'not a'} PNG of {len(picture)} bytes")
        return found
    finally:
        server.terminate()
        server.wait()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=pathlib.Path)
    parser.add_argument("--serve", action="store_true")
    arguments = parser.parse_args()
    tags = read_as_tensorboard(arguments.run)
    missing = [kind for kind in ("scalars", "images", "tensors") if not tags[kind]]
    if arguments.serve:
        missing += [f"served {kind}" for kind, runs in ask_server(arguments.run).items() if not any(runs.values())]
    if missing:
        sys.exit("missing: " + ", ".join(missing))


if __name__ == "__main__":
    main()
