import Config
import Control
import Fleet
import Telemetry

/// What is told of the backends themselves: how they are at the moment.
struct FleetMetrics {
  private let fleet: FleetSnapshot
  /// Milliseconds of the monotonic clock.
  private let now: UInt64
  /// The backends by their labels. Where several names make one label, the first stands for all.
  private let members: [(label: String, member: FleetMember)]

  init(_ fleet: FleetSnapshot, at now: UInt64) {
    self.fleet = fleet
    self.now = now
    var seen: Set<String> = []
    members = fleet.members.map { (MetricLabels.sanitized($0.backend.name), $0) }
      .filter { seen.insert($0.0).inserted }
  }

  func append(
    _ sum: MetricSum, _ quality: QualityTimes, _ jobs: [ModelJob], to text: inout MetricText
  ) {
    appendCounts(to: &text)
    text.begin(MetricTable.backendUp)
    forEach(&text) { $0.sample($1, $2.isRoutable ? 1 : 0) }
    text.begin(MetricTable.pending)
    forEach(&text) { $0.sample($1, UInt64(max(0, $2.backend.load.inFlight))) }
    text.begin(MetricTable.backendLatency)
    forEach(&text) { $0.histogram($1, $2.backend.load.probes.reading) }
    appendCircuits(to: &text)
    sum.appendCircuitsOpened(to: &text)
    appendQuality(to: &text)
    text.begin(MetricTable.qualityLook)
    text.histogram([], quality.looks.reading)
    text.begin(MetricTable.jobs)
    for state in [ModelJob.State.pending, .inProgress, .completed, .failed, .cancelled] {
      let count = jobs.count { $0.state == state }
      text.sample(MetricText.labels([("state", state.rawValue)]), UInt64(count))
    }
  }

  private func forEach(
    _ text: inout MetricText, _ body: (inout MetricText, MetricText.Labels, FleetMember) -> Void
  ) {
    for (label, member) in members {
      body(&text, MetricText.labels([("backend", label)]), member)
    }
  }

  private func appendCounts(to text: inout MetricText) {
    text.begin(MetricTable.backends)
    text.sample([], UInt64(fleet.members.count))
    text.begin(MetricTable.healthyBackends)
    text.sample([], UInt64(fleet.routableCount))
    text.begin(MetricTable.modelsAvailable)
    text.sample([], UInt64(fleet.routableModelCount))
    text.begin(MetricTable.backendsBySource)
    for source in [BackendSource.configured, .discovered, .manual] {
      let count = fleet.members.count { $0.backend.source == source }
      text.sample(MetricText.labels([("source", source.rawValue)]), UInt64(count))
    }
  }

  private func appendCircuits(to text: inout MetricText) {
    var backends: InlineArray<3, UInt64> = [0, 0, 0]
    // There may be very many.
    var models: InlineArray<3, UInt64> = [0, 0, 0]
    for member in fleet.members {
      backends[state(of: member.backend.load.circuit)] += 1
      for model in member.models { models[state(of: model.account.circuit)] += 1 }
    }
    text.begin(MetricTable.circuits)
    for (scope, counts) in [("backend", backends), ("model", models)] {
      for (number, name) in ["closed", "on_trial", "open"].enumerated() {
        let labels = MetricText.labels([("scope", scope), ("state", name)])
        text.sample(labels, counts[number])
      }
    }
    text.begin(MetricTable.circuitState)
    forEach(&text) { $0.sample($1, UInt64(state(of: $2.backend.load.circuit))) }
  }

  private func state(of circuit: Circuit) -> Int {
    switch circuit.reading(at: now) {
    case .closed: 0
    case .onTrial: 1
    case .open: 2
    }
  }

  private func appendQuality(to text: inout MetricText) {
    func labels(_ name: String) -> MetricText.Labels {
      MetricText.labels([("agent_id", name), ("backend", name)])
    }
    text.begin(MetricTable.errorRate)
    for (label, member) in members {
      let rate = member.backend.load.quality.figures.errorRate
      text.sample(labels(label), UInt64(min(max(0, rate), 1) * 1_000_000))
    }
    text.begin(MetricTable.successRate)
    for (label, member) in members {
      let day = member.backend.load.quality.recent.day
      guard day.total > 0 else { continue }
      text.sample(labels(label), UInt64(Double(day.succeeded) / Double(day.total) * 1_000_000))
    }
    text.begin(MetricTable.requestCount)
    for (label, member) in members {
      text.sample(labels(label), member.backend.load.quality.recent.hour.total)
    }
  }
}
