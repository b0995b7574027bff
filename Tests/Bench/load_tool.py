"""The load generator, compiled where it is needed."""

import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def build_load(folder):
    compiler = shutil.which("cc") or shutil.which("clang") or shutil.which("gcc")
    if not compiler:
        raise SystemExit("bench: no C compiler; install one: apt-get install gcc libc6-dev")
    binary = os.path.join(folder, "load")
    subprocess.run([compiler, "-O2", "-o", binary, os.path.join(HERE, "load.c")], check=True)
    return binary
