/// What came of a trace under one strategy, over all seeds.
struct Tally {
  let name: String
  private var times: [Double] = []
  private var isSorted = true
  private(set) var requests = 0
  private(set) var failures = 0
  private(set) var coldLoads = 0
  private var span = 0.0
  private var loads: [Double] = []
  private var prompt = 0
  private var cached = 0
  private var reusable = 0

  /// Milliseconds to the first token within which an answer is good.
  static let bound = 2_000.0

  init(_ name: String) { self.name = name }

  mutating func add(_ run: Run) {
    requests += run.calls.count
    coldLoads += run.coldLoads
    span += run.lastArrival
    loads.append(run.load)
    for call in run.calls {
      if call.hasFailed { failures += 1 }
      guard let time = call.firstToken else { continue }
      times.append(time)
      prompt += call.prompt.tokens
      cached += min(call.cached, call.reusable)
      reusable += call.reusable
    }
    times.sort()
  }

  /// Seconds.
  var mean: Double { times.isEmpty ? .infinity : times.reduce(0, +) / Double(times.count) / 1_000 }

  /// Share of what the fleet can do that was used.
  var load: Double { loads.reduce(0, +) / Double(max(1, loads.count)) }

  /// Seconds; of the sorted times the one at ⌈n·p⌉.
  func quantile(_ share: Double) -> Double {
    guard !times.isEmpty else { return .infinity }
    let place = Int((Double(times.count) * share).rounded(.up)) - 1
    return times[min(max(place, 0), times.count - 1)] / 1_000
  }

  var p99: Double { quantile(0.99) }

  /// Requests per second whose first token came in time.
  var goodput: Double {
    Double(times.prefix { $0 <= Self.bound }.count) / (span / 1_000)
  }

  /// Share of the tokens that some node had computed before and that were not computed again.
  var hits: Double { reusable > 0 ? Double(cached) / Double(reusable) : .nan }
}
