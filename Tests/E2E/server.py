"""A real llama.cpp server: python server.py MODEL PORT [embedding].

Serves until the process is killed. It writes its log to standard error.
"""

import pathlib
import signal
import sys

import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = sys.argv[1]
parameters.hostnames = ["127.0.0.1"]
parameters.port = int(sys.argv[2])
parameters.n_parallel = 2
parameters.n_ctx = 8192
parameters.cpuparams.n_threads = 2
parameters.cpuparams.poll = 0
parameters.endpoint_metrics = True
parameters.warmup = False
parameters.use_jinja = True
parameters.chat_template = (pathlib.Path(__file__).parent / "chat.jinja").read_text()
if "embedding" in sys.argv[3:]:
    parameters.model_alias = {"gemma-3-270m-embed"}
    parameters.embedding = True
    parameters.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_MEAN
else:
    parameters.model_alias = {"gemma-3-270m"}
server = xllamacpp.Server(parameters)
signal.pause()
