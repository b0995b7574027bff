import DriverKit

/// A model that has been placed on machines of the cluster.
struct Instance {
  let id: [UInt8]
  let model: [UInt8]
  let runners: [[UInt8]]

  /// Reads `/state/instances`: id → { tag: { instanceId, shardAssignments { modelId,
  /// runnerToShard } } }.
  static func read(_ document: JSONDocument) -> [Instance] {
    var instances: [Instance] = []
    document.forEachMember(document.root) { key, tagged in
      document.forEachMember(tagged) { _, instance in
        let shards = document.member(instance, "shardAssignments")
        var runners: [[UInt8]] = []
        document.forEachMember(document.member(shards, "runnerToShard")) { runner, _ in
          runners.append(document.string(runner) ?? [])
        }
        let model = document.text(shards, "modelId")
        guard !model.isEmpty, instances.count < ModelList.limit else { return }
        instances.append(Instance(id: document.string(key) ?? [], model: model, runners: runners))
      }
    }
    return instances
  }
}

/// What the parts of an instance do.
struct Runners {
  private var names: [[UInt8]] = []
  private var statuses: [[UInt8]] = []

  /// Reads `/state/runners`: id → { "RunnerReady": { … } }, or the bare word.
  init(_ document: JSONDocument?) {
    guard let document else { return }
    document.forEachMember(document.root) { key, status in
      var word = document.string(status) ?? []
      document.forEachMember(status) { tag, _ in
        if word.isEmpty { word = document.string(tag) ?? [] }
      }
      let prefix: StaticString = "Runner"
      if ByteText.hasPrefix(word, prefix) { word.removeFirst(prefix.utf8CodeUnitCount) }
      names.append(document.string(key) ?? [])
      statuses.append(word)
    }
  }

  /// The state of the model that the instance holds: usable only when every part is.
  func state(_ instance: Instance) -> Model.State {
    var isReady = !instance.runners.isEmpty
    for runner in instance.runners {
      let status = status(runner)
      if ByteText.equals(status, "Failed") { return .failed }
      if !ByteText.equals(status, "Ready"), !ByteText.equals(status, "Running") { isReady = false }
    }
    return isReady ? .loaded : .loading
  }

  /// Whether the instance works on a request.
  func isRunning(_ instance: Instance) -> Bool {
    for runner in instance.runners where ByteText.equals(status(runner), "Running") {
      return true
    }
    return false
  }

  private func status(_ runner: [UInt8]) -> [UInt8] {
    for index in names.indices where names[index] == runner { return statuses[index] }
    return []
  }
}
