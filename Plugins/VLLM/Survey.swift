import DriverKit

/// Health, version, models and the gauges of what runs and waits.
final class Survey: Conversation {
  private enum Step { case health, version, models, metrics }

  private var step = Step.health
  private var version: [UInt8] = []
  private var list = ModelList()

  override func begin(_ operation: Operation, _ sink: Sink) -> Verdict {
    sink.get("/health")
    return .send
  }

  override func answered(_ answer: Answer, _ sink: Sink) -> Verdict {
    switch step {
    case .health:
      if answer.cause != nil { return sink.fail(answer) }
      if answer.status == 503 {
        sink.report(health: .failing, "its engine is dead: it needs a restart")
        return .done
      }
      return ask(.version, "/version", sink)
    case .version:
      if let document = answer.json { version = document.text(document.root, "version") }
      return ask(.models, "/v1/models", sink)
    case .models:
      guard let document = answer.json, OpenAIModels.isList(document) else {
        return sink.fail(answer)
      }
      readModels(document)
      return ask(.metrics, "/metrics", sink)
    case .metrics: return finish(answer, sink)
    }
  }

  /// Adapters are entries with a parent and without a window of their own.
  private func readModels(_ document: JSONDocument) {
    var parents: [[UInt8]] = []
    list = OpenAIModels.read(document) { entry, model in
      model.state = .loaded
      model.context = document.count(entry, "max_model_len") ?? 0
      parents.append(document.text(entry, "parent"))
    }
    // Entries that the list did not take would shift the two; then nobody inherits.
    guard parents.count == list.models.count else { return }
    for index in list.models.indices where list.models[index].context == 0 {
      guard let parent = list.index(of: parents[index]) else { continue }
      list.models[index].context = list.models[parent].context
    }
  }

  /// There is one set of gauges for each engine: requests add up, and the fullest cache counts.
  private func finish(_ answer: Answer, _ sink: Sink) -> Verdict {
    sink.report(health: .ready, version: version)
    list.report(sink)
    guard answer.isSuccess else { return .done }
    let text = PrometheusText(answer.body)
    var load = Load()
    load.running = gauge(text.sum("vllm:num_requests_running"))
    load.waiting = gauge(text.sum("vllm:num_requests_waiting"))
    let cache =
      text.maximum("vllm:kv_cache_usage_perc") ?? text.maximum("vllm:gpu_cache_usage_perc")
    load.cachePermille = gauge(cache.map { $0 * 1000 })
    sink.report(load: load)
    return .done
  }

  private func ask(_ next: Step, _ path: StaticString, _ sink: Sink) -> Verdict {
    step = next
    sink.get(path)
    return .send
  }
}
