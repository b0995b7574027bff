import LatencyModels

/// exo's wording: every field that could be there is there, null; usage rides in the last choice.
struct ExoDialect: Dialect {
  var headMoment: HeadMoment { .atOnce }
  var streamType: String { "text/event-stream; charset=utf-8" }
  var streamHeaders: [(String, String)] {
    [("Cache-Control", "no-cache"), ("X-Accel-Buffering", "no")]
  }
  var closesAfterStream: Bool { true }
  var sendsHeadOfWhole: Bool { true }
  var comment: (text: String, every: Double)? { (": keep-alive\n\n", 10_000) }

  func opening(_ run: Run) -> [String] { [] }

  func thought(_ run: Run, _ token: String) -> String {
    chunk(run, message(content: nil, thought: .string(token)))
  }

  func text(_ run: Run, _ token: String) -> String {
    chunk(run, message(content: .string(token)))
  }

  func call(_ run: Run, _ call: Answer.Call) -> [String] {
    [chunk(run, message(content: nil, calls: calls(run, call)), finish: "tool_calls")]
  }

  func closing(_ run: Run) -> [String] {
    let stats: JSON = [
      "prompt_tps": 812.5, "generation_tps": 48.2,
      "prompt_tokens": .int(run.answer.promptTokens),
      "generation_tokens": .int(run.answer.completionTokens),
      "peak_memory_usage": ["inBytes": 1_073_741_824], "prefix_cache_hit": "none",
    ]
    let comment = ": generation_stats \(stats.text())\n\n"
    guard run.answer.call == nil else { return [comment, SSE.done] }
    let last = chunk(run, message(content: ""), finish: .string(run.answer.finish))
    return [last, comment, SSE.done]
  }

  func whole(_ run: Run) -> JSON {
    let answer = run.answer
    let thought: JSON = answer.thoughts.isEmpty ? nil : .string(answer.thought)
    let message = message(
      content: .string(answer.text), thought: thought,
      calls: answer.call.map { calls(run, $0) } ?? nil)
    let choice: JSON = [
      "index": 0, "message": message, "logprobs": nil, "finish_reason": .string(answer.finish),
    ]
    return object(run, choice, usage: usage(run))
  }

  private func chunk(_ run: Run, _ delta: JSON, finish: JSON = nil) -> String {
    let choice: JSON = [
      "index": 0, "delta": delta, "logprobs": nil, "finish_reason": finish, "usage": nil,
    ]
    return SSE.data(object(run, choice, usage: finish == nil ? nil : usage(run)))
  }

  private func object(_ run: Run, _ choice: JSON, usage: JSON) -> JSON {
    [
      "id": .string(run.id), "object": "chat.completion", "created": .int(run.created),
      "model": .string(run.model), "choices": [choice], "usage": usage, "service_tier": nil,
    ]
  }

  private func message(content: JSON, thought: JSON = nil, calls: JSON = nil) -> JSON {
    [
      "role": "assistant", "content": content, "reasoning_content": thought, "name": nil,
      "tool_calls": calls, "tool_call_id": nil, "function_call": nil,
    ]
  }

  private func calls(_ run: Run, _ call: Answer.Call) -> JSON {
    var random = Random(seed: Random.hash(run.id.utf8))
    let id = JSON.string(random.uuid())
    let function: JSON = [
      "id": id, "name": .string(call.name), "arguments": .string(call.arguments),
    ]
    return [["id": id, "index": 0, "type": "function", "function": function]]
  }

  private func usage(_ run: Run) -> JSON {
    Dialects.usage(run).adding([
      "prompt_tokens_details": ["cached_tokens": 0, "audio_tokens": 0],
      "completion_tokens_details": [
        "reasoning_tokens": .int(run.answer.thoughts.count), "audio_tokens": 0,
        "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
      ],
    ])
  }
}
