import DriverKit

/// The catalogue, and what of it runs. The whole state is large, so three parts of it are fetched.
final class Survey: Conversation {
  private enum Step { case models, instances, runners, downloaded, memory }

  private var step = Step.models
  private var list = ModelList()
  private var instances: [Instance] = []
  private var loads: [(Load, [UInt8])] = []

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/v1/models")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    switch step {
    case .models:
      guard let document = answer.json, OpenAIModels.isList(document) else {
        return sink.fail(answer)
      }
      list = OpenAIModels.read(document) { entry, model in fill(document, entry, &model) }
      step = .instances
      sink.get("/state/instances")
      return .send
    case .instances:
      // Without the instances nobody can say what runs: the catalogue stays as it is.
      guard let document = answer.json, document.root.kind == .object else {
        return finish(sink)
      }
      instances = Instance.read(document)
      // What is only in the catalogue is refused with 404, and no request loads it.
      for index in list.models.indices {
        list.models[index].state = .unloaded
        list.models[index].isUnavailable = true
      }
      step = .runners
      sink.get("/state/runners")
      return .send
    case .runners:
      loads = place(Runners(answer.json))
      step = .downloaded
      sink.get("/v1/models?status=downloaded")
      return .send
    case .downloaded:
      if let document = answer.json, OpenAIModels.isList(document) { markLoadable(document) }
      step = .memory
      sink.get("/state/nodeMemory")
      return .send
    case .memory: return finish(sink, memory: Memory.read(answer.json))
    }
  }

  /// What is on a disk of the cluster can be used once it is placed; what is not would have to be
  /// fetched first, and no request waits for that.
  private func markLoadable(_ document: JSONDocument) {
    for model in OpenAIModels.read(document, { _, _ in }).models {
      guard let index = list.index(of: model.id), list.models[index].isUnavailable else {
        continue
      }
      list.models[index].isUnavailable = false
      list.models[index].needsLoad = true
    }
  }

  /// Notes the state of every model that has been placed, and how busy it is.
  private func place(_ runners: Runners) -> [(Load, [UInt8])] {
    var loads: [(Load, [UInt8])] = []
    for instance in instances {
      if list.index(of: instance.model) == nil { list.add(Model(instance.model)) }
      guard let index = list.index(of: instance.model) else { continue }
      let state = runners.state(instance)
      list.models[index].isUnavailable = false
      if list.models[index].state == .loaded, state != .loaded { continue }
      list.models[index].state = state
      list.models[index].instance = instance.id
      var load = Load()
      load.running = runners.isRunning(instance) ? 1 : 0
      loads.append((load, instance.model))
    }
    return loads
  }

  private func fill(_ document: JSONDocument, _ entry: JSONNode, _ model: inout Model) {
    model.context = document.count(entry, "context_length") ?? 0
    model.trained = model.context
    model.disk = (document.count(entry, "storage_size_megabytes") ?? 0) << 20
    model.abilities.set(Abilities.embeddings | Abilities.completions, false)
    let words = document.member(entry, "capabilities")
    if words?.kind == .array {
      model.abilities.set(Abilities.vision, OpenAIModels.contains(document, words, "vision"))
      model.abilities.set(Abilities.reasoning, OpenAIModels.contains(document, words, "thinking"))
      if OpenAIModels.contains(document, words, "tools") {
        model.abilities.set(Abilities.tools, true)
      }
    }
    if OpenAIModels.contains(document, document.member(entry, "tasks"), "TextGeneration") {
      model.abilities.set(Abilities.chat, true)
    }
  }

  private func finish(
    _ sink: Sink, memory: (total: UInt64, free: UInt64) = (0, 0)
  ) -> Verdict {
    sink.report(health: .ready, memory: memory)
    list.report(sink)
    for (load, model) in loads { sink.report(load: load, model: model) }
    return .done
  }
}

/// The memory of all machines of the cluster.
private enum Memory {
  /// Reads `/state/nodeMemory`: id → { ramTotal: { inBytes }, ramAvailable: { inBytes } }.
  static func read(_ document: JSONDocument?) -> (total: UInt64, free: UInt64) {
    var total: UInt64 = 0
    var free: UInt64 = 0
    guard let document, document.root.kind == .object else { return (0, 0) }
    document.forEachMember(document.root) { _, node in
      total = sum(total, document.count(document.member(node, "ramTotal"), "inBytes"))
      free = sum(free, document.count(document.member(node, "ramAvailable"), "inBytes"))
    }
    return (total, free)
  }

  private static func sum(_ left: UInt64, _ right: UInt64?) -> UInt64 {
    let (sum, overflow) = left.addingReportingOverflow(right ?? 0)
    return overflow ? .max : sum
  }
}
