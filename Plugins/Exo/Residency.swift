import DriverKit

/// Places a model on the cluster, which decides where, and waits until it is usable.
///
/// An instance of which a part has failed stays for ever, and the cluster would take it for the
/// model: it is removed first.
final class Loading: Conversation {
  private enum Step { case instances, runners, clear, place, wait }

  private var step = Step.instances
  private var model: [UInt8] = []
  private var instances: [Instance] = []
  /// Instances that had failed before we came. They may stay in the list for a moment.
  private var dead: [[UInt8]] = []
  /// How many of them were removed.
  private var cleared = 0
  private var isPlaced = false

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    model = operation.model
    sink.get("/state/instances")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    switch step {
    case .instances:
      guard let document = answer.json else { return sink.fail(answer) }
      instances = Instance.read(document).filter { $0.model == model && !dead.contains($0.id) }
      if instances.isEmpty, !isPlaced { return place(sink) }
      return ask(.runners, ByteText.bytes("/state/runners"), sink)
    case .runners: return judge(Runners(answer.json), sink)
    case .clear:
      guard answer.isSuccess || answer.status == 404 else { return sink.fail(answer) }
      return clear(sink)
    case .place:
      guard answer.isSuccess else { return failPlacement(answer, sink) }
      isPlaced = true
      sink.report(progress: 0, "placed on the cluster")
      return wait(sink)
    case .wait:
      isPlaced = true
      return ask(.instances, ByteText.bytes("/state/instances"), sink)
    }
  }

  private func place(_ sink: Sink) -> Verdict {
    step = .place
    var json = ByteText.bytes("{\"model_id\":")
    JSONWriter.appendString(model, to: &json)
    JSONWriter.appendRaw(
      ",\"sharding\":\"Pipeline\",\"instance_meta\":\"MlxRing\",\"min_nodes\":1}", to: &json)
    sink.post("/place_instance", json)
    return .send
  }

  private func wait(_ sink: Sink) -> Verdict {
    let path =
      ByteText.bytes("/instance/await?model_id=") + ByteText.percentEncoded(model)
      + ByteText.bytes("&timeout_seconds=600")
    return ask(.wait, path, sink)
  }

  private func judge(_ runners: Runners, _ sink: Sink) -> Verdict {
    let states = instances.map { runners.state($0) }
    if states.contains(where: { $0 == .loaded }) {
      sink.report(progress: 1000, "loaded")
      return .done
    }
    if !isPlaced {
      if states.contains(where: { $0 != .failed }) { return wait(sink) }
      dead = instances.prefix(instanceLimit).map { $0.id }
      return clear(sink)
    }
    if states.contains(where: { $0 == .failed }) {
      return sink.fail(.upstreamBroken, "a machine of the cluster could not load its part")
    }
    return sink.fail(.modelLoading, "the model is still being loaded")
  }

  /// Removes the next instance that has failed, and places the model once there is none.
  private func clear(_ sink: Sink) -> Verdict {
    guard cleared < dead.count else { return place(sink) }
    step = .clear
    sink.delete(instancePath(dead[cleared]))
    cleared += 1
    return .send
  }

  private func failPlacement(_ answer: Answer, _ sink: Sink) -> Verdict {
    // 400 means that the cluster is too small for the model: another server may hold it.
    guard answer.status == 400 else { return sink.fail(answer) }
    return sink.fail(Failure(.unsupported, ErrorClassifier.sentence(answer.error)))
  }

  private func ask(_ next: Step, _ path: [UInt8], _ sink: Sink) -> Verdict {
    step = next
    sink.get(path)
    return .send
  }
}

/// Removes every instance of a model from the cluster, or the one that is named.
final class Unloading: Conversation {
  private var hasList = false
  private var model: [UInt8] = []
  private var ids: [[UInt8]] = []

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    model = operation.model
    sink.get("/state/instances")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    if !hasList {
      guard let document = answer.json else { return sink.fail(answer) }
      hasList = true
      let found = Instance.read(document).filter { $0.model == model || $0.id == model }
      ids = found.prefix(instanceLimit).map { $0.id }
    } else if !answer.isSuccess, answer.status != 404 {
      return sink.fail(answer)
    }
    guard let id = ids.popLast() else { return .done }
    sink.delete(instancePath(id))
    return .send
  }
}

/// The most instances that are removed; a cluster holds a few at most.
private let instanceLimit = 24

private func instancePath(_ id: [UInt8]) -> [UInt8] {
  ByteText.bytes("/instance/") + ByteText.percentEncoded(id)
}
