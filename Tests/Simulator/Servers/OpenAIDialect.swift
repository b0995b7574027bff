import LatencyModels

/// The wording that most servers share; what differs between them stands in the properties.
struct OpenAIDialect: Dialect {
  var headMoment = HeadMoment.withFirstToken
  var streamType = "text/event-stream"
  var streamHeaders: [(String, String)] = []
  /// Members of every object after `model`.
  var afterModel: JSON = [:]
  /// Members of the choices of a whole answer after `finish_reason`.
  var afterFinish: JSON = [:]
  /// Members at the end of a whole answer.
  var afterUsage: JSON = [:]
  /// Members of a whole answer's message after `content`.
  var afterContent: JSON = [:]
  /// Does each choice have `logprobs`?
  var hasLogprobs = true
  /// The delta before the first token; nil if there is none.
  var openingDelta: JSON? = ["role": "assistant", "content": ""]
  /// Does every delta repeat the role?
  var repeatsRole = false
  var thoughtKey = "reasoning_content"
  var finishDelta: JSON = [:]
  /// Do a call's arguments arrive in pieces, or whole?
  var cutsCalls = true
  var callIDPrefix = "call_"
  var callIDLength = 24

  func opening(_ run: Run) -> [String] {
    guard run.prompt.kind == .chat, let openingDelta else { return [] }
    return [chunk(run, openingDelta)]
  }

  func thought(_ run: Run, _ token: String) -> String {
    chunk(
      run, role(repeatsRole ? ["content": ""] : [:]).adding(.object([member(thoughtKey, token)])))
  }

  func text(_ run: Run, _ token: String) -> String {
    guard run.prompt.kind == .chat else { return SSE.data(completionChunk(run, token, nil)) }
    return chunk(run, role(["content": .string(token)]))
  }

  func call(_ run: Run, _ call: Answer.Call) -> [String] {
    let arguments = cutsCalls ? "" : call.arguments
    let function: JSON = ["name": .string(call.name), "arguments": .string(arguments)]
    let first: JSON = [
      "index": 0, "id": .string(callID(run)), "type": "function", "function": function,
    ]
    let opening = chunk(
      run, role(repeatsRole ? ["content": ""] : [:]).adding(["tool_calls": [first]]))
    guard cutsCalls else { return [opening] }
    return [opening]
      + Dialects.pieces(call.arguments).map { piece in
        let rest: JSON = ["index": 0, "function": ["arguments": .string(piece)]]
        return chunk(run, ["tool_calls": [rest]])
      }
  }

  func closing(_ run: Run) -> [String] {
    let finish = JSON.string(run.answer.finish)
    let isChat = run.prompt.kind == .chat
    let last =
      isChat
      ? object(run, [choice(finishDelta, finish)], "chat.completion.chunk")
      : completionChunk(run, "", finish)
    guard run.prompt.wantsUsage else { return [SSE.data(last), SSE.done] }
    let usage = object(run, [], isChat ? "chat.completion.chunk" : "text_completion")
      .adding(["usage": Dialects.usage(run)])
    return [SSE.data(last), SSE.data(usage), SSE.done]
  }

  func whole(_ run: Run) -> JSON {
    let isChat = run.prompt.kind == .chat
    var choice: JSON = ["index": 0]
    choice = choice.adding(isChat ? ["message": message(run)] : ["text": .string(run.answer.text)])
    if hasLogprobs { choice = choice.adding(["logprobs": nil]) }
    choice = choice.adding(["finish_reason": .string(run.answer.finish)]).adding(afterFinish)
    return object(run, [choice], isChat ? "chat.completion" : "text_completion")
      .adding(["usage": Dialects.usage(run)]).adding(afterUsage)
  }

  private func message(_ run: Run) -> JSON {
    let isCall = run.answer.call != nil
    var message: JSON = [
      "role": "assistant", "content": isCall && !repeatsRole ? nil : .string(run.answer.text),
    ]
    message = message.adding(afterContent)
    if !run.answer.thoughts.isEmpty {
      message = message.adding(.object([member(thoughtKey, run.answer.thought)]))
    }
    if let call = run.answer.call {
      let function: JSON = ["name": .string(call.name), "arguments": .string(call.arguments)]
      let call: JSON = ["id": .string(callID(run)), "type": "function", "function": function]
      message = message.adding(["tool_calls": [call]])
    }
    return message
  }

  private func role(_ delta: JSON) -> JSON {
    repeatsRole ? (["role": "assistant"] as JSON).adding(delta) : delta
  }

  private func member(_ key: String, _ text: String) -> JSON.Member {
    JSON.Member(key: key, value: .string(text))
  }

  private func choice(_ delta: JSON, _ finish: JSON) -> JSON {
    let choice: JSON = ["index": 0, "delta": delta]
    return (hasLogprobs ? choice.adding(["logprobs": nil]) : choice)
      .adding(["finish_reason": finish])
  }

  private func chunk(_ run: Run, _ delta: JSON) -> String {
    SSE.data(object(run, [choice(delta, nil)], "chat.completion.chunk"))
  }

  private func completionChunk(_ run: Run, _ text: String, _ finish: JSON) -> JSON {
    let choice: JSON = [
      "index": 0, "text": .string(text), "logprobs": nil, "finish_reason": finish,
    ]
    return object(run, [choice], "text_completion")
  }

  private func object(_ run: Run, _ choices: [JSON], _ object: String) -> JSON {
    let head: JSON = [
      "id": .string(run.id), "object": .string(object), "created": .int(run.created),
      "model": .string(run.model),
    ]
    return head.adding(afterModel).adding(["choices": .array(choices)])
  }

  private func callID(_ run: Run) -> String {
    var random = Random(seed: Random.hash(run.id.utf8))
    return callIDPrefix + random.name(callIDLength)
  }
}
