"""What happens to the packages on a machine that nobody needs afterwards; see `run`."""

import glob
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request

OUT = sys.argv[1]
ADDRESS = "http://127.0.0.1:8000"
CONFIGURATION = "/etc/nexus/nexus.toml"
ENVIRONMENT = dict(os.environ, DEBIAN_FRONTEND="noninteractive", LC_ALL="C")
started = []


def check(what, holds, detail=""):
    print(f"{'ok  ' if holds else 'FAIL'}  {what}" + (f": {detail}" if detail else ""), flush=True)
    if not holds:
        for process in started:
            process.kill()
        sys.exit(1)


def run(*words, ok=True):
    done = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True)
    if ok and done.returncode != 0:
        check(" ".join(words), False, done.stdout + done.stderr)
    return done


def start(*words):
    process = subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    started.append(process)
    return process


def wait(what, seconds, condition):
    end = time.monotonic() + seconds
    while True:
        try:
            found = condition()
        except OSError:
            found = None
        if found or time.monotonic() > end:
            check(what, bool(found))
            return found
        time.sleep(0.05)


def get(path):
    with urllib.request.urlopen(ADDRESS + path, timeout=5) as answer:
        return json.load(answer)


def chat(model):
    body = {"model": model, "messages": [{"role": "user", "content": "hello"}]}
    request = urllib.request.Request(
        ADDRESS + "/v1/chat/completions", json.dumps(body).encode(),
        {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)["choices"][0]["message"]["content"]


def models():
    return {model["id"] for model in get("/v1/models")["data"]}


def package(name, version):
    found = glob.glob(f"{OUT}/deb/{version}/{name}_*.deb")
    check(f"{name} {version} was built", len(found) == 1)
    return found[0]


def installed():
    listing = run("dpkg-query", "-W", "-f", "${Package} ${Status}\n", "nexus*", ok=False).stdout
    return [line.split()[0] for line in listing.splitlines() if line.endswith(" installed")]


def main():
    old, new = sorted(os.path.basename(path) for path in glob.glob(f"{OUT}/deb/[0-9]*"))
    check("nothing of it is here", not installed() and not os.path.exists("/usr/lib/nexus"))

    run("dpkg", "-i", package("nexus", old), package("nexus-driver-ollama", old))
    check("host and one driver are installed", installed() == ["nexus", "nexus-driver-ollama"])
    conffiles = run("dpkg-query", "-W", "-f", "${Conffiles}", "nexus").stdout
    check("the configuration is a conffile", CONFIGURATION in conffiles)
    run("nexus", "config", "check", CONFIGURATION)
    run("systemd-analyze", "verify", "nexus.service", "nexus.socket")
    for page in ("man1/nexus.1.gz", "man5/nexus.toml.5.gz"):
        check(f"{page} is there", os.path.exists(f"/usr/share/man/{page}"))

    start(f"{OUT}/bin/nexus-sim", "ollama:11434,model=llama3,ttft=1,tps=0",
          "vllm:8001,model=qwen3,ttft=1,tps=0")
    os.makedirs("/var/lib/nexus", exist_ok=True)
    os.makedirs("/run/nexus", exist_ok=True)
    ENVIRONMENT.update(STATE_DIRECTORY="/var/lib/nexus", RUNTIME_DIRECTORY="/run/nexus")
    serve = ["nexus", "serve", "--config", CONFIGURATION]
    gateway = start(*serve)
    wait("the Ollama server is found and served", 20, lambda: models() == {"llama3"})
    check("it answers", len(chat("llama3")) > 0)

    with open(CONFIGURATION, "a", encoding="utf-8") as file:
        file.write('\n[[backends]]\nname = "big"\nurl = "http://127.0.0.1:8001"\n')
    run("dpkg", "-i", package("nexus-driver-vllm", old))
    run("nexus", "reload")
    wait("another driver needs no more than a reload", 20,
         lambda: models() == {"llama3", "qwen3"})
    check("and its server answers", len(chat("qwen3")) > 0)

    gateway = upgrade_under_load(gateway, serve, new)
    check("the configuration was kept", 'name = "big"' in open(CONFIGURATION, encoding="utf-8").read())
    run("dpkg", "-r", "nexus-driver-vllm")
    run("nexus", "reload")
    wait("without its driver that server is not used", 20, lambda: models() == {"llama3"})

    gateway.terminate()
    check("it ends in good order", gateway.wait(30) == 0)
    run("dpkg", "-P", *installed())
    left = [path for path in ("/usr/bin/nexus", "/usr/lib/nexus", "/etc/nexus", "/var/lib/nexus",
                              "/lib/systemd/system/nexus.service") if os.path.lexists(path)]
    check("after a purge nothing is left", left in ([], ["/var/lib/nexus"]), " ".join(left))
    for process in started:
        process.kill()


def upgrade_under_load(gateway, serve, version):
    """Installs a newer version while clients ask, and has it take over. Returns the new gateway."""
    answers, errors = [0], []
    is_over = threading.Event()

    def ask(model):
        while not is_over.is_set():
            try:
                chat(model)
                answers[0] += 1
            except Exception as error:  # whatever a client may see
                errors.append(repr(error))

    clients = [threading.Thread(target=ask, args=(model,)) for model in ("llama3", "qwen3") * 2]
    for client in clients:
        client.start()
    run("dpkg", "-i", *(package(name, version) for name in installed()))
    run("nexus", "reload")
    successor = start(*serve, "--take-over")
    check("the gateway before retires", gateway.wait(60) == 0)
    seen = answers[0]
    wait("the new one serves", 20, lambda: answers[0] > seen + 50)
    is_over.set()
    for client in clients:
        client.join()
    check("an upgrade under load failed no request", not errors,
          f"{answers[0]} answers" + (f", {errors[:3]}" if errors else ""))
    check("the new version runs", version in run("dpkg-query", "-W", "nexus").stdout)
    return successor


main()
print("All checks hold.")
