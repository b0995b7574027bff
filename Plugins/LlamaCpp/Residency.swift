import DriverKit

/// Brings a model of a router into memory and follows it there.
///
/// The router answers at once and loads in the background. Its list says whether the model has
/// arrived; its event stream, which never ends, says when to look again. What happens before the
/// stream is open goes unheard: the host, which was told of progress, looks at the list meanwhile.
/// A server with one model has no such requests.
final class Loading: Conversation {
  private enum Step { case load, look, follow }

  /// How often the list is looked at before the host is told to ask again later.
  private static let roundLimit = 12

  private var step = Step.load
  private var rounds = 0
  private var model: [UInt8] = []
  /// Bytes of the event stream that have been looked at.
  private var scanned = 0

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    model = operation.model
    sink.post("/models/load", requestBody(operation))
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    switch step {
    case .load:
      guard answer.isSuccess || answer.error.says("already running") else {
        return failResidency(answer, sink)
      }
      sink.report(progress: 0, "loading")
      return look(sink)
    case .look:
      guard let state = state(answer) else { return sink.fail(answer, judge: judgeRefusal) }
      return follow(state, sink)
    case .follow: return look(sink)
    }
  }

  override func isEnough(_ body: [UInt8], _ sink: Sink) -> Bool {
    guard step == .follow else { return false }
    while true {
      let end = ByteSearch.firstIndex(of: 0x0A, in: body.span, from: scanned)
      guard end < body.count else { return false }
      if event(body, scanned..<end, sink) { return true }
      scanned = end + 1
    }
  }

  /// Looks at a line of the event stream; true if our model has come to rest.
  private func event(_ body: [UInt8], _ range: Range<Int>, _ sink: Sink) -> Bool {
    guard ByteText.matches("data:", body.span, at: range.lowerBound) else { return false }
    var text: [UInt8] = []
    text.append(body.span, (range.lowerBound + 5)..<range.upperBound)
    guard let document = JSONDocument(text), document.text(document.root, "model") == model else {
      return false
    }
    let data = document.member("data")
    if let part = document.double(document.member(document.member(data, "progress"), "value")) {
      sink.report(progress: UInt32(max(0, min(part, 1)) * 1000), "loading")
    }
    return !document.equals(document.member(data, "status"), "loading")
  }

  private func look(_ sink: Sink) -> Verdict {
    step = .look
    sink.get("/v1/models")
    return .send
  }

  /// The state of our model in a list, nil if the list cannot be read.
  private func state(_ answer: Answer) -> Model.State? {
    guard let document = answer.json, OpenAIModels.isList(document) else { return nil }
    let list = OpenAIModels.read(document) { entry, model in
      ListedModel.read(document, entry, &model)
    }
    return list.index(of: model).map { list.models[$0].state } ?? .unknown
  }

  private func follow(_ state: Model.State, _ sink: Sink) -> Verdict {
    if state == .loaded {
      sink.report(progress: 1000, "loaded")
      return .done
    }
    if state == .failed { return sink.fail(.upstreamBroken, "the server could not load the model") }
    rounds += 1
    guard rounds < Self.roundLimit else {
      return sink.fail(.modelLoading, "the model is still being loaded")
    }
    step = .follow
    scanned = 0
    sink.get("/models/sse")
    return .send
  }
}

/// Removes a model of a router from memory.
final class Unloading: Conversation {
  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.post("/models/unload", requestBody(operation))
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard answer.isSuccess || answer.error.says("not running", "not loaded") else {
      return failResidency(answer, sink)
    }
    return .done
  }
}

/// `{"model": …}`.
private func requestBody(_ operation: Operation) -> [UInt8] {
  var json = ByteText.bytes("{\"model\":")
  JSONWriter.appendString(operation.model, to: &json)
  json.append(UInt8(ascii: "}"))
  return json
}

/// A server with one model, and a router that does not know the model, both answer 404; the words
/// of the latter tell them apart in newer versions only.
private func failResidency(_ answer: Answer, _ sink: Sink) -> Verdict {
  if answer.status == 404, !answer.error.says("model") {
    return sink.fail(
      .unsupported, "the server loads no models on request, or does not know this one")
  }
  return sink.fail(answer, judge: judgeRefusal)
}
