"""Processes under test: started on a core, watched through /proc, ended by their number."""

import os
import resource
import signal
import socket
import subprocess
import time

CANDIDATE_CORE = 0
LOAD_CORE = min(1, (os.cpu_count() or 1) - 1)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_file_limit():
    """As many open files as this user may have; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:  # root may go beyond its own limit
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(hard, 65536), max(hard, 65536)))
    except (ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def settle(core):
    """Pins the calling process; puts it before other work, where that is allowed."""
    os.sched_setaffinity(0, {core})
    try:
        os.nice(-15)
        with open("/proc/self/autogroup", "w") as group:
            group.write("-15")
    except OSError:
        pass


class Process:
    """A child pinned to one core, in a session of its own."""

    def __init__(self, command, core, **options):
        self.began = time.monotonic()
        self.child = subprocess.Popen(
            command, preexec_fn=lambda: settle(core),
            start_new_session=True, text=True, **options)

    @property
    def pid(self):
        return self.child.pid

    def pids(self):
        """The child and its own children, such as nginx's worker."""
        found = [self.pid]
        for entry in os.listdir("/proc"):
            if not entry.isdigit():
                continue
            try:
                with open(f"/proc/{entry}/stat") as stat:
                    parent = stat.read().rsplit(")", 1)[1].split()[1]
            except OSError:
                continue
            if parent == str(self.pid):
                found.append(int(entry))
        return found

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(3)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        for stream in (self.child.stdout, self.child.stderr):
            if stream:
                stream.close()


def memory(pids, field):
    """The sum of `Rss` or `Pss` over processes, in KiB."""
    total = 0
    for pid in pids:
        with open(f"/proc/{pid}/smaps_rollup") as rollup:
            for line in rollup:
                if line.startswith(field + ":"):
                    total += int(line.split()[1])
    return total


CHAT = b'{"model":"sim-model","messages":[{"role":"user","content":"hello"}]}'


def first_answer(port, deadline=10.0):
    """Waits until a chat request is answered with 200; the moment of it, or None."""
    request = (b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n"
               b"Content-Type: application/json\r\nConnection: close\r\n"
               b"Content-Length: %d\r\n\r\n" % (port, len(CHAT))) + CHAT
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
                client.sendall(request)
                if client.recv(64).startswith(b"HTTP/1.1 200"):
                    return time.monotonic()
        except OSError:
            pass
        time.sleep(0.001)
    return None
