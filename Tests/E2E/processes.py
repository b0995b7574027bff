"""The programs of the end-to-end run: model servers and the gateway."""

import json
import pathlib
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).parent


class Failure(Exception):
    """A check found something wrong."""


def expect(condition, message):
    """Fails with the message unless the condition holds."""
    if not condition:
        raise Failure(message)


def until(condition, what, seconds=60):
    """Asks again and again until the condition returns something true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise Failure(f"not within {seconds} s: {what}")


def fetch(url):
    """The parsed JSON answer to a GET request, or None."""
    try:
        with urllib.request.urlopen(url, timeout=5) as reply:
            return json.load(reply)
    except (OSError, ValueError):
        return None


def is_free(port):
    """Whether nothing listens on a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A child process with its log in a file."""

    def __init__(self, name, logs, command):
        self.name = name
        self.log = logs / f"{name}.log"
        self.command = [str(word) for word in command]
        self.process = None

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL
            )

    def kill(self):
        """Ends it at once, as a crash would."""
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def tail(self):
        return self.log.read_bytes()[-2000:].decode(errors="replace") if self.log.exists() else ""


class ModelServer(Program):
    """A real llama.cpp server on a port that it keeps over a restart."""

    def __init__(self, name, logs, model, *options, port=None):
        self.port = port or free_port()
        command = [sys.executable, HERE / "server.py", model, self.port, *options]
        super().__init__(name, logs, command)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        super().start()
        until(
            lambda: (fetch(f"{self.url}/health") or {}).get("status") == "ok",
            f"{self.name} serves",
        )

    def busy_slots(self):
        """How many requests it is generating for."""
        slots = fetch(f"{self.url}/slots")
        expect(slots is not None, f"{self.name} does not report its slots")
        return sum(1 for slot in slots if slot.get("is_processing"))


class Gateway(Program):
    """The gateway under test, on a free port, in front of the given servers; without any it finds
    them by itself."""

    def __init__(self, name, logs, out, servers):
        command = [out / "bin/nexus", "serve", "--port", 0]
        if servers:
            command += ["--no-probe", "--survey-interval", 1]
        for server in servers:
            command += ["--backend", f"{server.url},name={server.name}"]
        super().__init__(name, logs, command)
        self.servers = servers
        self.url = None

    def start(self):
        super().start()
        line = self.process.stdout.readline().decode()
        expect("listening on http" in line, f"the gateway said {line!r}; its log:\n{self.tail()}")
        self.url = line.split()[-1]
        self.await_healthy(len(self.servers))

    def await_healthy(self, count):
        until(
            lambda: self.health().get("backends", {}).get("healthy") == count,
            f"{count} healthy backends; health says {self.health()}",
        )

    def health(self):
        return fetch(f"{self.url}/health") or {}

    def stop(self):
        """Ends it in good order and demands status 0."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure("the gateway did not end within 10 s of SIGTERM") from None
        expect(status == 0, f"the gateway ended with {status}")
