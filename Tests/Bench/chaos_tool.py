"""What the tools that break backends have in common: the simulated fleet, and looks at answers."""

import json
import os
import subprocess
import urllib.request

from machine import LOAD_CORE, Process

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
OUT = os.environ.get("NEXUS_OUT", os.path.join(ROOT, "out"))
WORDS = 12


def start_simulator(words, seed):
    """The fleet in one process: its addresses by name, and the address of its control endpoint."""
    sim = Process(
        [os.path.join(OUT, "bin", "nexus-sim"), *words, "--seed", str(seed),
         "--until-stdin-closes"], LOAD_CORE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    urls, control = {}, None
    for line in sim.child.stdout:
        parts = line.split()
        if parts[:1] == ["backend"]:
            urls[parts[1]] = parts[-1]
        if parts[:1] == ["control"]:
            control = parts[-1]
        if parts == ["ready"]:
            return sim, urls, control
    raise SystemExit("the simulator does not start")


def ask_control(control, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(control + path, data, timeout=10) as answer:
        return json.load(answer)


class Wrong(Exception):
    pass


def expect(holds, what):
    if not holds:
        raise Wrong(what)


def check_text(text, number):
    start = f"You said: This is request {number} of many for you."
    expect(text.startswith(start), f"another answer: {text[:120]!r}")
    expect(len(text[len(start):].split()) == WORDS, f"not its length: {text!r}")


def check_whole(body, number):
    answer = json.loads(body)
    choice = answer["choices"][0]
    expect(choice["finish_reason"] == "stop", f"finish_reason {choice['finish_reason']}")
    check_text(choice["message"]["content"], number)


def check_stream(body, number, repeats_role=False):
    """Returns whether the stream broke off behind its first word, and said so.

    `repeats_role`: some servers name the role in every chunk.
    """
    events = [line[6:] for line in body.decode().split("\n") if line.startswith("data: ")]
    expect(events and events[-1] == "[DONE]", f"no end: {body[-200:]!r}")
    expect(events.count("[DONE]") == 1, "two ends")
    chunks = [json.loads(event) for event in events[:-1]]
    errors = [chunk for chunk in chunks if "error" in chunk]
    words = [chunk for chunk in chunks if "error" not in chunk]
    expect(len({chunk["id"] for chunk in words}) <= 1, "chunks of several answers")
    text = "".join(
        choice["delta"].get("content") or "" for chunk in words for choice in chunk["choices"])
    roles = [chunk for chunk in words for choice in chunk["choices"]
             if choice["delta"].get("role")]
    expect(repeats_role or len(roles) <= 1, "two beginnings")
    if errors:
        expect(len(errors) == 1 and chunks[-1] is errors[0], f"words behind the error: {body[-700:]!r}")
        expect(text, f"an error before the first word: {body[:300]!r}")
        return True
    check_text(text, number)
    expect([choice["finish_reason"] for chunk in words for choice in chunk["choices"]][-1:]
           == ["stop"], "no finish_reason")
    return False
