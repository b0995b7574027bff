import LatencyModels

/// llama.cpp's wording: null in the first delta, timings instead of usage, 32-letter call ids.
struct LlamaCppDialect: Dialect {
  var headMoment: HeadMoment { .withSlot }
  var streamHeaders: [(String, String)] { [("X-Accel-Buffering", "no")] }
  var comment: (text: String, every: Double)? { (":\n\n", 30_000) }
  var joinsOpening: Bool { true }

  func opening(_ run: Run) -> [String] {
    run.prompt.kind == .chat ? [chunk(run, ["role": "assistant", "content": nil])] : []
  }

  func thought(_ run: Run, _ token: String) -> String {
    chunk(run, ["reasoning_content": .string(token)])
  }

  func text(_ run: Run, _ token: String) -> String {
    guard run.prompt.kind == .completion else { return chunk(run, ["content": .string(token)]) }
    return SSE.data(completion(run, token, finish: nil))
  }

  func call(_ run: Run, _ call: Answer.Call) -> [String] {
    let opening: JSON = [
      "index": 0, "id": .string(callID(run)), "type": "function",
      "function": ["name": .string(call.name), "arguments": "{"],
    ]
    let rest = Dialects.pieces(String(call.arguments.dropFirst()))
    return [chunk(run, ["tool_calls": [opening]])]
      + rest.map { piece in
        chunk(run, ["tool_calls": [["index": 0, "function": ["arguments": .string(piece)]]]])
      }
  }

  func closing(_ run: Run) -> [String] {
    let last =
      run.prompt.kind == .chat
      ? object(run, [choice([:], finish: .string(run.answer.finish))], "chat.completion.chunk")
      : completion(run, "", finish: .string(run.answer.finish))
    guard run.prompt.wantsUsage else { return [SSE.data(last.adding(timings(run))), SSE.done] }
    let usage = object(
      run, [], run.prompt.kind == .chat ? "chat.completion.chunk" : "text_completion"
    )
    .adding(["usage": self.usage(run)]).adding(timings(run))
    return [SSE.data(last), SSE.data(usage), SSE.done]
  }

  func whole(_ run: Run) -> JSON {
    let finish = JSON.string(run.answer.finish)
    guard run.prompt.kind == .chat else {
      let choice: JSON = [
        "text": .string(run.answer.text), "index": 0, "logprobs": nil, "finish_reason": finish,
      ]
      return whole(run, choice, "text_completion")
    }
    var message: JSON = ["role": "assistant", "content": .string(run.answer.text)]
    if !run.answer.thoughts.isEmpty {
      message = message.adding(["reasoning_content": .string(run.answer.thought)])
    }
    if let call = run.answer.call {
      let function: JSON = ["name": .string(call.name), "arguments": .string(call.arguments)]
      let calls: JSON = [["type": "function", "function": function, "id": .string(callID(run))]]
      message = message.adding(["tool_calls": calls])
    }
    return whole(
      run, ["finish_reason": finish, "index": 0, "message": message], "chat.completion")
  }

  private func whole(_ run: Run, _ choice: JSON, _ object: String) -> JSON {
    let body: JSON = [
      "choices": [choice], "created": .int(run.created), "model": .string(run.model),
      "system_fingerprint": "b0-unknown", "object": .string(object), "usage": usage(run),
      "id": .string(run.id),
    ]
    return body.adding(timings(run))
  }

  private func choice(_ delta: JSON, finish: JSON) -> JSON {
    ["finish_reason": finish, "index": 0, "delta": delta]
  }

  private func chunk(_ run: Run, _ delta: JSON) -> String {
    SSE.data(object(run, [choice(delta, finish: nil)], "chat.completion.chunk"))
  }

  private func completion(_ run: Run, _ text: String, finish: JSON) -> JSON {
    let choice: JSON = [
      "text": .string(text), "index": 0, "logprobs": nil, "finish_reason": finish,
    ]
    return object(run, [choice], "text_completion")
  }

  private func object(_ run: Run, _ choices: [JSON], _ object: String) -> JSON {
    [
      "choices": .array(choices), "created": .int(run.created), "id": .string(run.id),
      "model": .string(run.model), "system_fingerprint": "b0-unknown", "object": .string(object),
    ]
  }

  private func usage(_ run: Run) -> JSON {
    [
      "completion_tokens": .int(run.answer.completionTokens),
      "prompt_tokens": .int(run.answer.promptTokens),
      "total_tokens": .int(run.answer.totalTokens),
      "prompt_tokens_details": ["cached_tokens": 1],
    ]
  }

  private func timings(_ run: Run) -> JSON {
    let read = max(1, run.answer.promptTokens - 1)
    let made = max(1, run.answer.completionTokens)
    let promptTime = max(0.001, run.promptMilliseconds)
    let madeTime = max(0.001, run.predictedMilliseconds)
    return [
      "timings": [
        "cache_n": .int(run.answer.promptTokens - read), "prompt_n": .int(read),
        "prompt_ms": .double(promptTime),
        "prompt_per_token_ms": .double(promptTime / Double(read)),
        "prompt_per_second": .double(Double(read) * 1000 / promptTime),
        "predicted_n": .int(run.answer.completionTokens), "predicted_ms": .double(madeTime),
        "predicted_per_token_ms": .double(madeTime / Double(made)),
        "predicted_per_second": .double(Double(made) * 1000 / madeTime),
      ]
    ]
  }

  private func callID(_ run: Run) -> String {
    var random = Random(seed: Random.hash(run.id.utf8))
    return random.name(32)
  }
}

/// What several dialects share.
enum Dialects {
  /// Arguments arrive in pieces of a few characters.
  static func pieces(_ text: String, of size: Int = 4) -> [String] {
    let characters = Array(text)
    return stride(from: 0, to: characters.count, by: size).map {
      String(characters[$0..<min($0 + size, characters.count)])
    }
  }

  /// `prompt_tokens`, `completion_tokens` and `total_tokens` in OpenAI's order.
  static func usage(_ run: Run) -> JSON {
    [
      "prompt_tokens": .int(run.answer.promptTokens),
      "completion_tokens": .int(run.answer.completionTokens),
      "total_tokens": .int(run.answer.totalTokens),
    ]
  }
}
