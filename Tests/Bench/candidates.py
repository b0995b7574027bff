"""What can be put between the load generator and the simulator."""

import os
import shutil
import subprocess

from machine import CANDIDATE_CORE, LOAD_CORE, Process, first_answer, free_port

NGINX = """
worker_processes 1;
worker_rlimit_nofile {files};
daemon off;
{user}
error_log {folder}/error.log;
pid {folder}/{name}.pid;
events {{ worker_connections {connections}; }}
http {{
  access_log off;
  client_max_body_size 16m;
  {buffer}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 100000000;
  upstream sim {{ server 127.0.0.1:{sim}; keepalive 128; keepalive_requests 100000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://sim;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
    }}
  }}
}}
"""


class Candidate:
    """A server on a port, started on the candidate's core."""

    name = ""

    def __init__(self, folder, sim_port, files):
        self.folder, self.sim_port, self.files = folder, sim_port, files
        self.port = free_port()
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        """Starts it; the seconds from there to its first routed answer."""
        log = open(os.path.join(self.folder, f"{self.name}.log"), "a")
        self.process = Process(self.command(), CANDIDATE_CORE, stdout=log, stderr=log)
        log.close()
        answered = first_answer(self.port)
        if answered is None:
            with open(os.path.join(self.folder, f"{self.name}.log")) as text:
                tail = text.read()[-2000:]
            raise SystemExit(f"{self.name} does not answer within 10 s:\n{tail}")
        return answered - self.process.began

    def pids(self):
        return self.process.pids()

    def stop(self):
        if self.process:
            self.process.stop()
            self.process = None


class Nginx(Candidate):
    """Debian's nginx with its default buffers: bodies beyond 16 KiB go through a temporary file."""

    name = "nginx"
    buffer = ""

    @staticmethod
    def find():
        return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")

    def command(self):
        # Twice as many connections as files: nginx drops idle clients when few are left.
        path = os.path.join(self.folder, f"{self.name}.conf")
        with open(path, "w") as conf:
            conf.write(NGINX.format(
                folder=self.folder, name=self.name, sim=self.sim_port, port=self.port, files=self.files,
                connections=self.files * 2, buffer=self.buffer,
                user="user root;" if os.geteuid() == 0 else ""))
        return [self.find(), "-c", path, "-p", self.folder, "-e", f"{self.folder}/error.log"]


class NginxInMemory(Nginx):
    """The same with room for whole bodies in memory, for comparison."""

    name = "nginx-mem"
    buffer = "client_body_buffer_size 2m;"


NEXUS = """
[server]
max_concurrent_requests = {connections}
[logging]
access = {access}
"""


class Nexus(Candidate):
    """Like nginx beside it: no access log, and as many connections as there are files."""

    name = "nexus"
    access = "false"

    def __init__(self, binary, *rest):
        super().__init__(*rest)
        self.binary = binary

    def command(self):
        path = os.path.join(self.folder, f"{self.name}.toml")
        with open(path, "w") as conf:
            conf.write(NEXUS.format(connections=self.files * 2, access=self.access))
        return [
            self.binary, "serve", "--config", path, "--host", "127.0.0.1", "--port", str(self.port),
            "--threads", "1", "--no-probe",
            "--backend", f"http://127.0.0.1:{self.sim_port},type=generic,name=sim"]


class NexusWithLog(Nexus):
    """The same with a line for each request, as it is unless it is switched off."""

    name = "nexus-log"
    access = "true"


class Direct(Candidate):
    """The simulator itself, to know what everything else is added to."""

    name = "direct"

    def __init__(self, sim, sim_port):
        self.process, self.port = sim, sim_port

    def start(self):
        return 0.0

    def pids(self):
        return self.process.pids()

    def stop(self):
        pass


def start_simulator(binary):
    """The simulator's cheap mode, and its port."""
    sim = Process(
        [binary, "generic:0,cheap,name=cheap", "--until-stdin-closes"], LOAD_CORE,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    port = None
    for line in sim.child.stdout:
        words = line.split()
        if words[:2] == ["backend", "cheap"]:
            port = int(words[-1].rsplit(":", 1)[1])
        if words == ["ready"]:
            return sim, port
    sim.stop()
    raise SystemExit("the simulator does not start")
