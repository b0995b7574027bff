"""Tools of the benchmarks that are written in C, compiled where they are needed."""

import os
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))


def build_load(folder):
    """The load generator."""
    return build_tool(folder, "load")


def build_tool(folder, name):
    compiler = shutil.which("cc") or shutil.which("clang") or shutil.which("gcc")
    if not compiler:
        raise SystemExit("bench: no C compiler; install one: apt-get install gcc libc6-dev")
    binary = os.path.join(folder, name)
    subprocess.run([compiler, "-O2", "-o", binary, os.path.join(HERE, f"{name}.c")], check=True)
    return binary
