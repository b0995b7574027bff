import DriverKit

/// Health, models, properties and load, in up to 27 requests: four for a single server, two more
/// for each model that a router has loaded.
///
/// `/slots` is not asked of a server that sleeps, because it would wake up; `/metrics` is preferred
/// where it is switched on. With a router every request says `autoload=false`: naming a model
/// without it loads the model.
final class Survey: Conversation {
  private enum Step { case health, models, props, load, modelProps, modelSlots }

  /// The most loaded models of a router that are looked at one by one.
  private static let routedLimit = 12

  private var step = Step.health
  private var list = ModelList()
  private var loads: [(load: Load, model: [UInt8])] = []
  private var version: [UInt8] = []
  private var slots: UInt64 = 0
  private var readsMetrics = false
  /// Indices of a router's loaded models that are still to be looked at.
  private var routed: [Int] = []

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/health")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    switch step {
    case .health: return health(answer, sink)
    case .models: return models(answer, sink)
    case .props: return props(answer, sink)
    case .load: return load(answer, sink)
    case .modelProps: return modelProps(answer, sink)
    case .modelSlots: return modelSlots(answer, sink)
    }
  }

  private func health(_ answer: Answer, _ sink: Sink) -> Verdict {
    if answer.cause != nil { return sink.fail(answer) }
    if answer.status == 503, answer.error.isKind("unavailable_error") {
      sink.report(health: .loading, "the model is being loaded")
      return .done
    }
    step = .models
    sink.get("/v1/models")
    return .send
  }

  private func models(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard let document = answer.json, OpenAIModels.isList(document) else {
      return sink.fail(answer, judge: judgeRefusal)
    }
    list = OpenAIModels.read(document) { entry, model in
      ListedModel.read(document, entry, &model)
    }
    step = .props
    sink.get("/props")
    return .send
  }

  private func props(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard let document = answer.json else { return finish(sink) }
    let props = Properties(document)
    version = props.version
    if props.isRouter {
      routed = list.models.indices.filter { list.models[$0].state == .loaded }
      if routed.count > Self.routedLimit { routed = Array(routed[0..<Self.routedLimit]) }
      return nextRouted(sink)
    }
    slots = props.slots
    for index in list.models.indices { props.apply(&list.models[index]) }
    step = .load
    if props.hasMetrics {
      readsMetrics = true
      sink.get("/metrics")
      return .send
    }
    guard props.hasSlots, !props.isSleeping else { return finish(sink) }
    sink.get("/slots")
    return .send
  }

  private func load(_ answer: Answer, _ sink: Sink) -> Verdict {
    var load = readsMetrics ? Figures.metrics(answer) : Figures.slots(answer)
    if load.slots == 0 { load.slots = slots }
    loads.append((load, []))
    return finish(sink)
  }

  // MARK: A router's models

  private func nextRouted(_ sink: Sink) -> Verdict {
    guard let index = routed.first else { return finish(sink) }
    step = .modelProps
    ask("/props?model=", list.models[index].id, sink)
    return .send
  }

  private func modelProps(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard let index = routed.first else { return finish(sink) }
    guard let document = answer.json else { return skipRouted(sink) }
    let props = Properties(document)
    props.apply(&list.models[index])
    guard !props.isSleeping, props.hasMetrics || props.hasSlots else { return skipRouted(sink) }
    step = .modelSlots
    readsMetrics = props.hasMetrics
    ask(props.hasMetrics ? "/metrics?model=" : "/slots?model=", list.models[index].id, sink)
    return .send
  }

  private func modelSlots(_ answer: Answer, _ sink: Sink) -> Verdict {
    guard let index = routed.first else { return finish(sink) }
    var load = readsMetrics ? Figures.metrics(answer) : Figures.slots(answer)
    if load.slots == 0 { load.slots = list.models[index].slots }
    loads.append((load, list.models[index].id))
    return skipRouted(sink)
  }

  private func skipRouted(_ sink: Sink) -> Verdict {
    routed.removeFirst()
    return nextRouted(sink)
  }

  private func ask(_ path: StaticString, _ model: [UInt8], _ sink: Sink) {
    let name = ByteText.percentEncoded(model)
    sink.get(ByteText.bytes(path) + name + ByteText.bytes("&autoload=false"))
  }

  private func finish(_ sink: Sink) -> Verdict {
    sink.report(health: .ready, version: version)
    list.report(sink)
    for (load, model) in loads { sink.report(load: load, model: model) }
    return .done
  }
}
