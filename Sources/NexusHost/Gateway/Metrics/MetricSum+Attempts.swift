import HTTP
import Drivers
import Fleet
import Routing
import Telemetry

// Attempts, tokens, routing and connections.
extension MetricSum {
  /// `retriesLeft`: hundredths of retries.
  func appendAttempts(retriesLeft: UInt64, to text: inout MetricText) {
    text.begin(MetricTable.attemptFailures)
    for (number, cells) in backends.enumerated() {
      for code in FailureCode.allCases {
        let count = Self.count(cells) { $0.failures[min(Int(code.rawValue), 15)].count }
        guard count > 0 else { continue }
        let labels = [("backend", labels.backends[number]), ("class", code.name)]
        text.sample(MetricText.labels(labels), count)
      }
    }
    text.begin(MetricTable.retries)
    for code in FailureCode.allCases {
      let count = count { $0.retries[min(Int(code.rawValue), 15)].count }
      text.sample(MetricText.labels([("class", code.name)]), count)
    }
    let hedges = count { $0.retries[MetricShard.hedge].count }
    text.sample(MetricText.labels([("class", "hedge")]), hedges)
    text.begin(MetricTable.failovers)
    text.sample(
      MetricText.labels([("stage", "before_reply")]), count { $0.failoversBeforeReply.count })
    text.sample(
      MetricText.labels([("stage", "preamble")]), count { $0.failoversInPreamble.count })
    text.begin(MetricTable.brokenAnswers)
    for (number, cells) in backends.enumerated()
    where !cells.isEmpty && labels.backends[number] != MetricLabels.none {
      let labels = MetricText.labels([("backend", labels.backends[number])])
      text.sample(labels, Self.count(cells) { $0.broken.count })
    }
    text.begin(MetricTable.retryBudget)
    text.sample([], retriesLeft)
    appendFirstTokens(to: &text)
    appendDrivers(to: &text)
  }

  private func appendFirstTokens(to text: inout MetricText) {
    text.begin(MetricTable.timeToFirstToken)
    for (number, cells) in backends.enumerated() {
      var sum = DistributionReading()
      for cell in cells { sum.add(cell.firstToken.reading) }
      guard sum.count > 0 else { continue }
      let name = labels.backends[number]
      text.histogram(MetricText.labels([("agent_id", name), ("backend", name)]), sum)
    }
  }

  private func appendDrivers(to text: inout MetricText) {
    var sums: [String: DistributionReading] = [:]
    for cell in drivers {
      sums[cell.driver, default: DistributionReading()].add(cell.calls.reading)
    }
    text.begin(MetricTable.driverCalls)
    for (driver, sum) in sums.sorted(by: { $0.key < $1.key }) {
      text.histogram(MetricText.labels([("driver", driver)]), sum)
    }
  }

  func appendCircuitsOpened(to text: inout MetricText) {
    text.begin(MetricTable.circuitsOpened)
    for (number, cells) in backends.enumerated() {
      for cause in CircuitCause.allCases {
        let count = Self.count(cells) { $0.circuitsOpened[min(Int(cause.rawValue), 15)].count }
        guard count > 0 else { continue }
        let labels = [("backend", labels.backends[number]), ("cause", cause.name)]
        text.sample(MetricText.labels(labels), count)
      }
    }
  }

  // MARK: Tokens

  func appendTokens(to text: inout MetricText) {
    text.begin(MetricTable.tokens)
    for (number, cells) in places.enumerated() {
      let kinds: [(String, (PlaceCells) -> DistributionReading)] = [
        ("prompt", { $0.promptTokens.reading }), ("completion", { $0.answerTokens.reading }),
      ]
      for (kind, part) in kinds {
        let sum = Self.reading(cells, part)
        guard sum.count > 0 else { continue }
        text.histogram(MetricText.labels(placeLabels(number) + [("type", kind)]), sum)
      }
    }
    text.begin(MetricTable.embeddingTokens)
    for (number, model) in labels.models.enumerated() {
      let count = Self.count(cells(ofModel: number)) { $0.embeddingTokens.count }
      if count > 0 { text.sample(MetricText.labels([("model", model)]), count) }
    }
    append(MetricTable.tokensPerSecond, to: &text) { $0.tokensPerSecond.reading }
    append(MetricTable.interToken, to: &text) { $0.interToken.reading }
    text.begin(MetricTable.estimateRatio)
    for (number, model) in labels.models.enumerated() {
      let sum = Self.reading(cells(ofModel: number)) { $0.estimateRatio.reading }
      if sum.count > 0 { text.histogram(MetricText.labels([("model", model)]), sum) }
    }
    appendTiers(to: &text)
    appendCosts(to: &text)
  }

  /// A family of histograms by model and backend.
  private func append(
    _ family: MetricFamily, to text: inout MetricText,
    _ part: (PlaceCells) -> DistributionReading
  ) {
    text.begin(family)
    for (number, cells) in places.enumerated() {
      let sum = Self.reading(cells, part)
      if sum.count > 0 { text.histogram(MetricText.labels(placeLabels(number)), sum) }
    }
  }

  private func appendTiers(to text: inout MetricText) {
    text.begin(MetricTable.tokenCountTier)
    for (number, model) in labels.models.enumerated() {
      let cells = cells(ofModel: number)
      for (tier, count) in [
        ("approximation", Self.count(cells) { $0.approximations.count }),
        ("heuristic", Self.count(cells) { $0.heuristics.count }),
      ] where count > 0 {
        text.sample(MetricText.labels([("tier", tier), ("model", model)]), count)
      }
    }
    text.begin(MetricTable.tokenCountDuration)
    for (number, model) in labels.models.enumerated() {
      let cells = cells(ofModel: number)
      for (tier, sum) in [
        ("approximation", Self.reading(cells) { $0.approximationTime.reading }),
        ("heuristic", Self.reading(cells) { $0.heuristicTime.reading }),
      ] where sum.count > 0 {
        text.histogram(MetricText.labels([("tier", tier), ("model", model)]), sum)
      }
    }
  }

  private func appendCosts(to text: inout MetricText) {
    text.begin(MetricTable.cost)
    for (number, model) in labels.models.enumerated() {
      var sums: [String: DistributionReading] = [:]
      for place in placesOfModels[number] {
        let sum = Self.reading(places[place]) { $0.cost.reading }
        let type = labels.types[labels.places[place].backend]
        if sum.count > 0 { sums[type, default: DistributionReading()].add(sum) }
      }
      for (type, sum) in sums.sorted(by: { $0.key < $1.key }) {
        text.histogram(MetricText.labels([("model", model), ("backend_type", type)]), sum)
      }
    }
  }

  // MARK: Routing

  func appendRouting(to text: inout MetricText) {
    text.begin(MetricTable.pipeline)
    text.histogram([], reading { $0.pipeline.reading })
    text.begin(MetricTable.reconcilers)
    for stage in RoutingStage.allCases {
      let labels = MetricText.labels([("reconciler", stage.rawValue)])
      text.histogram(labels, reading { $0.stages[stage.number].reading })
    }
    text.begin(MetricTable.exclusions)
    for stage in RoutingStage.allCases {
      let labels = MetricText.labels([("reconciler", stage.rawValue)])
      text.sample(labels, count { $0.exclusions[stage.number].count })
    }
  }

  // MARK: Connections

  func appendConnections(to text: inout MetricText) {
    func sum(_ of: (GatewayMetrics.Source) -> UInt64) -> UInt64 {
      workers.reduce(0) { $0 &+ of($1) }
    }
    text.begin(MetricTable.clientConnections)
    text.sample([], sum { UInt64(max(0, $0.gauge.connections.count)) })
    let open = sum { $0.connections.open }
    let idle = min(open, sum { $0.connections.idle })
    text.begin(MetricTable.upstreamConnections)
    text.sample(MetricText.labels([("state", "active")]), open - idle)
    text.sample(MetricText.labels([("state", "idle")]), idle)
    text.begin(MetricTable.upstreamOpened)
    text.sample([], sum { $0.connections.opened })
    text.begin(MetricTable.upstreamReused)
    text.sample([], sum { $0.connections.reused })
    text.begin(MetricTable.upstreamFailed)
    text.sample([], sum { $0.connections.failed })
  }
}
