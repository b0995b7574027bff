import DriverKit

/// Places a model on the cluster, which decides where, and waits until it is usable.
final class Loading: Conversation {
  private enum Step { case instances, runners, place, wait }

  private var step = Step.instances
  private var model: [UInt8] = []
  private var instances: [Instance] = []
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
      instances = Instance.read(document).filter { $0.model == model }
      if instances.isEmpty, !isPlaced { return place(sink) }
      return ask(.runners, ByteText.bytes("/state/runners"), sink)
    case .runners: return judge(Runners(answer.json), sink)
    case .place:
      guard answer.isSuccess else { return failPlacement(answer, sink) }
      isPlaced = true
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
    sink.report(progress: 0, "placing the model")
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
    if states.contains(where: { $0 == .failed }) {
      return sink.fail(.upstreamBroken, "a machine of the cluster could not load its part")
    }
    if !isPlaced { return wait(sink) }
    return sink.fail(.modelLoading, "the model is still being loaded")
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
  private static let limit = 24

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
      ids = found.prefix(Self.limit).map { $0.id }
    } else if !answer.isSuccess, answer.status != 404 {
      return sink.fail(answer)
    }
    guard let id = ids.popLast() else { return .done }
    sink.delete(ByteText.bytes("/instance/") + ByteText.percentEncoded(id))
    return .send
  }
}
