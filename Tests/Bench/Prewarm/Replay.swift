import Config
import Control

/// What was seen of some weeks.
struct Tally {
  var requests = 0
  /// Loads that a request waited for.
  var cold = 0
  /// Seconds that requests waited for loads.
  var waited = 0.0
  var prewarmed = 0
  /// Loads ahead of time that nobody used.
  var wasted = 0
  /// Models in use that were thrown out for a load ahead of time.
  var harmed = 0

  static func + (first: Tally, second: Tally) -> Tally {
    Tally(
      requests: first.requests + second.requests, cold: first.cold + second.cold,
      waited: first.waited + second.waited, prewarmed: first.prewarmed + second.prewarmed,
      wasted: first.wasted + second.wasted, harmed: first.harmed + second.harmed)
  }
}

/// Plays the four weeks in virtual time, with the history and the plan of the gateway.
struct Replay {
  /// From which week on models are loaded ahead of time; nil for never.
  let prewarmFrom: Int?
  let isMemoryKnown: Bool

  private static let start: Int64 = 20_598 * 86_400  // A Monday.
  /// Seconds between two looks of the gateway.
  private static let pace = 15.0
  /// What was used within so many seconds is in use.
  private static let inUse = 900.0

  /// One tally for each week.
  func run(_ requests: [Request]) -> [Tally] {
    var servers = [
      Server(name: "den", memory: 24_000_000_000, lists: Set(Habit.all.indices)),
      Server(name: "attic", memory: 12_000_000_000, lists: [0, 1, 3, 4]),
    ]
    var tallies = [Tally](repeating: Tally(), count: Request.weeks)
    var history = DemandHistory()
    var plan = PrewarmPlan(MemoryEstimate.Rules(.init()))
    var look = 0.0
    for request in requests {
      while look < request.time {
        warmUp(&servers, &plan, history, &tallies, at: look)
        look += Self.pace
      }
      let week = Int(request.time / Request.week)
      advance(&servers, &plan, &tallies[week], to: request.time)
      let place = Self.place(for: request, servers)
      let (wait, isCold, wasted) = servers[place].serve(request)
      tallies[week].requests += 1
      tallies[week].waited += wait
      tallies[week].cold += isCold ? 1 : 0
      tallies[week].wasted += wasted
      _ = history.add(
        1, of: Habit.all[request.model].model, at: Self.start + Int64(request.time + wait))
    }
    return tallies
  }

  private func advance(
    _ servers: inout [Server], _ plan: inout PrewarmPlan, _ tally: inout Tally, to now: Double
  ) {
    for index in servers.indices {
      let (loaded, wasted) = servers[index].advance(to: now)
      tally.wasted += wasted
      for load in loaded { plan.ended(load, succeeded: true, at: Self.start + Int64(now)) }
    }
  }

  private func warmUp(
    _ servers: inout [Server], _ plan: inout PrewarmPlan, _ history: DemandHistory,
    _ tallies: inout [Tally], at now: Double
  ) {
    let week = Int(now / Request.week)
    guard let prewarmFrom, week >= prewarmFrom else { return }
    advance(&servers, &plan, &tallies[week], to: now)
    let places = servers.map { $0.place(at: now, isMemoryKnown: isMemoryKnown) }
    for load in plan.next(history, places, at: Self.start + Int64(now)) {
      guard let index = servers.firstIndex(where: { $0.name == load.backend }),
        let model = Habit.all.firstIndex(where: { $0.model == load.model })
      else { continue }
      tallies[week].prewarmed += 1
      for victim in servers[index].begin(model, at: now, for: load) {
        if victim.isUntouched { tallies[week].wasted += 1 }
        let isInUse = !victim.ends.isEmpty || now - victim.used < Self.inUse && !victim.isUntouched
        tallies[week].harmed += isInUse ? 1 : 0
      }
    }
  }

  /// Where the request goes: where the model is, else where most is free and it fits.
  private static func place(for request: Request, _ servers: [Server]) -> Int {
    let able = servers.indices.filter { servers[$0].lists.contains(request.model) }
    if let warm = able.first(where: { servers[$0].residents[request.model]?.isLoaded == true }) {
      return warm
    }
    if let soon = able.first(where: { servers[$0].residents[request.model] != nil }) { return soon }
    return able.max { servers[$0].free < servers[$1].free } ?? 0
  }
}
