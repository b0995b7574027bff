import DriverKit

/// Version, installed models and loaded models; for models of which an older server does not list
/// the capabilities, one more request each.
final class Survey: Conversation {
  private enum Step { case version, tags, loaded, show }

  /// The most models that are asked about one by one, those in memory first.
  private static let showLimit = 24

  private var step = Step.version
  private var version: [UInt8] = []
  private var list = ModelList()
  /// Indices of models that are still to be asked about.
  private var unknown: [Int] = []

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/api/version")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    switch step {
    case .version:
      if answer.cause != nil { return sink.fail(answer) }
      if let document = answer.json { version = document.text(document.root, "version") }
      step = .tags
      sink.get("/api/tags")
      return .send
    case .tags: return tags(answer, sink)
    case .loaded: return loaded(answer, sink)
    case .show: return show(answer, sink)
    }
  }

  private func tags(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard let document = answer.json, let models = document.member("models") else {
      return sink.fail(answer, judge: judgeRefusal)
    }
    document.forEachElement(models) { entry in
      let model = ListedModel.read(document, entry)
      list.add(model)
    }
    step = .loaded
    sink.get("/api/ps")
    return .send
  }

  private func loaded(_ answer: Answer, _ sink: Sink) -> Verdict {
    if let document = answer.json, document.member("models") != nil {
      for index in list.models.indices where !list.models[index].isRemote {
        list.models[index].state = .unloaded
      }
      document.forEachElement(document.member("models")) { entry in
        let name = ListedModel.name(document, entry)
        guard let index = list.index(of: name) else { return }
        ListedModel.readLoaded(document, entry, &list.models[index])
      }
    }
    let needed = list.models.indices.filter { list.models[$0].abilities.known == 0 }
    unknown =
      needed.filter { list.models[$0].state == .loaded }
      + needed.filter { list.models[$0].state != .loaded }
    if unknown.count > Self.showLimit { unknown.removeSubrange(Self.showLimit...) }
    return next(sink)
  }

  private func next(_ sink: Sink) -> Verdict {
    guard let index = unknown.first else { return finish(sink) }
    step = .show
    sink.post("/api/show", modelBody(list.models[index].id))
    return .send
  }

  private func show(_ answer: Answer, _ sink: Sink) -> Verdict {
    if let index = unknown.first, let document = answer.json {
      ListedModel.readShown(document, &list.models[index])
    }
    if !unknown.isEmpty { unknown.removeFirst() }
    // One server that does not answer is asked no more: the rest stays unknown.
    return answer.cause == nil ? next(sink) : finish(sink)
  }

  private func finish(_ sink: Sink) -> Verdict {
    sink.report(health: .ready, version: version)
    list.report(sink)
    return .done
  }
}

/// `{"model": …` and `rest`, which ends with the closing brace.
func modelBody(_ model: [UInt8], _ rest: StaticString = "}") -> [UInt8] {
  var json = ByteText.bytes("{\"model\":")
  JSONWriter.appendString(model, to: &json)
  JSONWriter.appendRaw(rest, to: &json)
  return json
}
