import HTTP
import Config
import Control
import Fleet
import Net
import Routing
import Telemetry

/// The page that `GET /metrics` answers: what all workers have counted, added up, and how things are.
struct MetricsPage {
  let shared: GatewayShared
  let view: GatewayView
  /// The loop whose task makes the page.
  let loop: EventLoop

  init(_ shared: GatewayShared, _ view: GatewayView, _ loop: EventLoop) {
    self.shared = shared
    self.view = view
    self.loop = loop
  }

  /// Makes it, which takes a millisecond of waiting for the loops and some work.
  func text(_ format: MetricText.Format) async -> [UInt8] {
    let lags = await shared.metrics.lags(askedFrom: loop)
    // A control loop that does not turn would keep the page from being made.
    let isAlive = lags.allSatisfy { $0.name != "control" || $0.nanoseconds < 40_000_000 }
    let jobs = isAlive ? await shared.lifecycle.jobs() : []
    let sum = MetricSum(shared.metrics)
    var text = MetricText(format, capacity: 64 * 1024)
    sum.appendRequests(to: &text)
    appendLoad(sum, to: &text)
    sum.appendAttempts(retriesLeft: UInt64(shared.retries.left), to: &text)
    sum.appendTokens(to: &text)
    sum.appendRouting(to: &text)
    FleetMetrics(view.fleet, at: loop.now).append(
      sum, shared.metrics.qualityLooks, jobs, to: &text)
    appendDiscovery(to: &text)
    appendQueue(sum, to: &text)
    appendBudget(to: &text)
    appendProcess(sum, lags, to: &text)
    text.end()
    return text.bytes
  }

  private func appendLoad(_ sum: MetricSum, to text: inout MetricText) {
    let workers = sum.workers
    text.begin(MetricTable.requestsInFlight)
    text.sample([], UInt64(workers.reduce(0) { $0 + max(0, $1.gauge.requests.count) }))
    let ended = workers.reduce(0) { $0 + $1.shard.streamsEnded.count }
    let begun = workers.reduce(0) { $0 + $1.shard.streamsBegun.count }
    text.begin(MetricTable.openStreams)
    text.sample([], begun > ended ? begun - ended : 0)
    text.begin(MetricTable.streams)
    text.sample([], begun)
  }

  private func appendDiscovery(to text: inout MetricText) {
    let counts = shared.metrics.discovery
    text.begin(MetricTable.discoveryEvents)
    for event in DiscoveryCounts.Event.allCases {
      text.sample(MetricText.labels([("event", event.name)]), counts.count(of: event))
    }
    text.begin(MetricTable.discoveryHearing)
    text.sample([], counts.isHearing ? 1 : 0)
  }

  private func appendQueue(_ sum: MetricSum, to text: inout MetricText) {
    let totals = shared.queue.totals
    text.begin(MetricTable.queueDepth)
    text.sample([], UInt64(max(0, shared.queue.count)))
    text.begin(MetricTable.queueLimit)
    text.sample([], UInt64(max(0, view.rules.limits.queueSize)))
    text.begin(MetricTable.queueEntered)
    text.sample([], totals.entered)
    text.begin(MetricTable.queueTimeouts)
    text.sample([], totals.timedOut)
    text.begin(MetricTable.queueDrained)
    text.sample([], totals.placed)
    text.begin(MetricTable.queueRefused)
    text.sample([], totals.refusedFull)
    text.begin(MetricTable.queueWait)
    text.histogram([], sum.reading { $0.queueWait.reading })
  }

  private func appendBudget(to text: inout MetricText) {
    let rules = view.rules.budget
    let ledger = shared.ledger
    let standing = ledger.standing(rules)
    let month = MetricText.labels([("billing_month", ledger.billingMonth)])
    text.begin(MetricTable.spending)
    text.sample(month, signed: standing.spent)
    text.begin(MetricTable.reserved)
    text.sample([], signed: standing.committed - standing.spent)
    text.begin(MetricTable.utilization)
    let share = rules.limit.map { Double(standing.committed) / Double(max(1, $0)) } ?? 0
    text.sample(month, UInt64(min(max(0, share), 1e9) * 1_000_000))
    text.begin(MetricTable.budgetStatus)
    text.sample(month, UInt64(max(0, standing.level.rawValue)))
    text.begin(MetricTable.budgetLimit)
    text.sample([], signed: rules.limit ?? 0)
    text.begin(MetricTable.budgetEvents)
    for kind in BudgetEvents.Kind.allCases {
      text.sample(MetricText.labels([("event_type", kind.name)]), ledger.events.count(of: kind))
    }
  }

  private func appendTraces(to text: inout MetricText) {
    let counts = shared.traces.counts
    text.begin(MetricTable.spansExported)
    text.sample([], counts.exported)
    text.begin(MetricTable.spansDropped)
    for reason in TraceCounts.Reason.allCases {
      text.sample(MetricText.labels([("reason", reason.name)]), counts.dropped(reason))
    }
  }

  private func appendProcess(
    _ sum: MetricSum, _ lags: [(name: String, nanoseconds: UInt64)], to text: inout MetricText
  ) {
    text.begin(MetricTable.buildInfo)
    text.sample(MetricText.labels([("version", shared.version)]), 1)
    let drivers = shared.metrics.drivers
    text.begin(MetricTable.drivers)
    text.sample(MetricText.labels([("state", "loaded")]), UInt64(drivers.loaded))
    text.sample(MetricText.labels([("state", "refused")]), UInt64(drivers.refused))
    text.begin(MetricTable.uptime)
    text.sample([], UInt64(max(0, shared.uptimeSeconds)))
    text.begin(MetricTable.loopLag)
    for lag in lags { text.sample(MetricText.labels([("loop", lag.name)]), lag.nanoseconds) }
    sum.appendConnections(to: &text)
    text.begin(MetricTable.viewers)
    text.sample([], UInt64(max(0, shared.viewers.count)))
    text.begin(MetricTable.viewersDropped)
    text.sample([], sum.count { $0.viewersDropped.count })
    text.begin(MetricTable.logDropped)
    text.sample([], shared.log.dropped)
    appendTraces(to: &text)
    let usage = ProcessUsage.now
    text.begin(MetricTable.processCPU)
    text.sample([], usage.processorMicroseconds)
    text.begin(MetricTable.processMemory)
    text.sample([], usage.residentBytes)
    text.begin(MetricTable.processDescriptors)
    text.sample([], usage.openDescriptors)
    text.begin(MetricTable.processMostDescriptors)
    text.sample([], usage.mostDescriptors)
    text.begin(MetricTable.processStart)
    text.sample([], usage.startedMilliseconds)
  }
}
