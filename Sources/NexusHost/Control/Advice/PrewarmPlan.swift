/// A model that is to be loaded somewhere before it is asked for.
public struct Prewarm: Equatable, Sendable {
  public let model: String
  public let backend: String
  /// How likely it is that it will be used, 0 to 1.
  public let likelihood: Double
}

/// Says which models to load where before the hour in which they are usually wanted, and again in that
/// hour while more requests are to be expected: servers throw out what was idle for some minutes.
///
/// A value: it remembers what it had loaded and what went wrong. It never has anything loaded where
/// that could drive out what is in use.
public struct PrewarmPlan: Sendable {
  private struct Memory {
    var failures = 0
    /// Unix seconds before which it is not tried again.
    var notBefore: Int64 = .min
    /// Loads in a row that nobody asked for.
    var unused = 0
    /// Hour of the last load, and the requests that were counted in it by then.
    var hour = 0
    var requests: Int?
  }

  /// What was loaded ahead of time somewhere, and until when (Unix seconds) that is worth something.
  private struct Held {
    var model: String
    var until: Int64
  }

  /// Forecasts for an hour and the next, which stand until the hour is over.
  private struct Outlook {
    var hour: Int
    var present: DemandForecast
    var coming: DemandForecast
  }

  private let rules: MemoryEstimate.Rules
  private var outlooks: [String: Outlook] = [:]
  private var memories: [String: Memory] = [:]
  private var held: [String: Held] = [:]

  /// How likely the use of a model in an hour must be.
  public static let threshold = 0.6
  /// A server of unknown memory must have been idle for so long, in milliseconds.
  static let quiet: UInt64 = 15 * 60_000
  /// The least time before the hour, in seconds.
  static let shortestLead: Int64 = 120
  /// The most.
  static let longestLead: Int64 = 1_800
  /// Seconds between two loads of the same model: one that does not stay is not wanted there.
  static let pause: Int64 = 240
  /// So many loads in a row that nobody asked for are followed by a rest, in seconds.
  static let mostUnused = 4
  static let rest: Int64 = 1_800
  /// After a first failure; doubled with each further one.
  static let backOff: Int64 = 600
  static let longestBackOff: Int64 = 6 * 3_600

  public init(_ rules: MemoryEstimate.Rules) { self.rules = rules }

  /// The same memory of what was done with other rules.
  public func with(_ rules: MemoryEstimate.Rules) -> PrewarmPlan {
    var plan = PrewarmPlan(rules)
    plan.memories = memories
    plan.held = held
    return plan
  }

  /// What to load at `now` (Unix seconds), most likely first; at most one model for each backend.
  /// `unloaded`: models that somebody unloaded on purpose lately, by backend. Each is taken for begun.
  public mutating func next(
    _ history: DemandHistory, _ places: [WarmPlace], unloaded: [String: Set<String>] = [:],
    at now: Int64
  ) -> [Prewarm] {
    held = held.filter { $0.value.until > now }
    memories = memories.filter { history.models[$0.key] != nil }
    outlooks = outlooks.filter { history.models[$0.key] != nil }
    var wanted: [(model: String, likelihood: Double, until: Int64)] = []
    for (model, demand) in history.models where isDue(model, places, now) {
      guard let (likelihood, until) = want(model, demand, leadTime(model, places), now) else {
        continue
      }
      wanted.append((model, likelihood, until))
    }
    wanted.sort { ($1.likelihood, $0.model) < ($0.likelihood, $1.model) }
    var free = places
    var loads: [Prewarm] = []
    for (model, likelihood, until) in wanted {
      guard let place = best(for: model, free, unloaded) else { continue }
      guard isAskedFor(model, history, now) else { continue }
      free.removeAll { $0.name == place }
      loads.append(Prewarm(model: model, backend: place, likelihood: likelihood))
      held[place] = Held(model: model, until: until)
    }
    return loads
  }

  /// A load came to its end at `now` (Unix seconds), well or not.
  public mutating func ended(_ prewarm: Prewarm, succeeded: Bool, at now: Int64) {
    var memory = memories[prewarm.model] ?? Memory()
    if succeeded {
      memory.failures = 0
    } else {
      let wait = Self.backOff << Int64(min(memory.failures, 10))
      memory.failures += 1
      memory.notBefore = now + min(wait, Self.longestBackOff)
      if held[prewarm.backend]?.model == prewarm.model { held[prewarm.backend] = nil }
    }
    memories[prewarm.model] = memory
  }

  /// Whether the model may be loaded again, seen by what came of it the last times. Notes the load.
  private mutating func isAskedFor(
    _ model: String, _ history: DemandHistory, _ now: Int64
  ) -> Bool {
    guard let demand = history.models[model] else { return false }
    let hour = ModelDemand.hour(of: now)
    var memory = memories[model] ?? Memory()
    defer { memories[model] = memory }
    if hour - memory.hour > 2 { (memory.requests, memory.unused) = (nil, 0) }
    if let before = memory.requests {
      let hours = max(memory.hour, hour - ModelDemand.hours)...max(memory.hour, hour)
      let isUsed = hours.reduce(0) { $0 + demand[$1] } > before
      memory.unused = isUsed ? 0 : memory.unused + 1
    }
    memory.hour = hour
    memory.requests = demand[hour]
    memory.notBefore = now + Self.pause
    guard memory.unused >= Self.mostUnused else { return true }
    memory.requests = nil
    memory.unused = Self.mostUnused - 1
    memory.notBefore = now + Self.rest
    return false
  }

  // MARK: Which

  /// Whether a model may be loaded, and nobody has it ready.
  private func isDue(_ model: String, _ places: [WarmPlace], _ now: Int64) -> Bool {
    if let memory = memories[model], memory.notBefore > now, memory.notBefore - now < 86_400 {
      return false
    }
    var isListed = false
    for place in places where place.isUp {
      guard let entry = place[model] else { continue }
      isListed = true
      let hasSlot = entry.slots == 0 || entry.inFlight < entry.slots
      if entry.isLoading || entry.isLoaded && hasSlot { return false }
    }
    return isListed
  }

  /// How long before the hour a load begins, in seconds: twice what it takes where it is slowest.
  private func leadTime(_ model: String, _ places: [WarmPlace]) -> Int64 {
    let slowest = places.compactMap { $0[model].map(Self.loadTime) }.max() ?? 0
    return min(max(Self.shortestLead, Int64(2 * slowest / 1_000)), Self.longestLead)
  }

  /// Milliseconds: as measured, or by its size at half a gigabyte in a second.
  private static func loadTime(_ entry: WarmPlace.Entry) -> Double {
    entry.loadTime > 0 ? min(entry.loadTime, 3_600_000) : Double(entry.need.bytes) / 500_000
  }

  /// How likely the model's use is and until when it is expected, if it is wanted in memory now.
  private mutating func want(
    _ model: String, _ demand: ModelDemand, _ lead: Int64, _ now: Int64
  ) -> (likelihood: Double, until: Int64)? {
    let hour = ModelDemand.hour(of: now)
    let start = Int64(hour) * 3_600
    let outlook = outlook(model, demand, hour)
    let present = outlook.present
    let rest = Double(start + 3_600 - now) / 3_600
    if present.likelihood >= Self.threshold, present.requests * rest >= 1 {
      return (present.likelihood, start + 3_600)
    }
    guard now + lead >= start + 3_600 else { return nil }
    let coming = outlook.coming
    guard coming.likelihood >= Self.threshold else { return nil }
    return (coming.likelihood, start + 7_200)
  }

  private mutating func outlook(
    _ model: String, _ demand: ModelDemand, _ hour: Int
  ) -> Outlook {
    if let known = outlooks[model], known.hour == hour { return known }
    let new = Outlook(
      hour: hour, present: DemandForecast(demand, for: hour),
      coming: DemandForecast(demand, for: hour + 1))
    outlooks[model] = new
    return new
  }

  // MARK: Where

  private func best(
    for model: String, _ places: [WarmPlace], _ unloaded: [String: Set<String>]
  ) -> String? {
    places.compactMap { place -> (fit: MemoryEstimate.Fit, name: String)? in
      guard place.isUp, place.loadsOnCommand, !place.isBusy, let entry = place[model],
        entry.isLoadable, !entry.isLoaded, unloaded[place.name]?.contains(model) != true
      else { return nil }
      let fit = place.estimate.fit(entry.need, rules)
      return isHarmless(fit, place) ? (fit, place.name) : nil
    }.min { ($0.fit, $0.name) < ($1.fit, $1.name) }?.name
  }

  /// Whether loading something more drives out nothing that is in use.
  private func isHarmless(_ fit: MemoryEstimate.Fit, _ place: WarmPlace) -> Bool {
    switch fit {
    case .none: return false
    case .room: return true
    case .unknown:
      if place.isEmpty { return true }
      let isQuiet = place.inFlight == 0 && place.idle >= Self.quiet
      let isKept = place.entries.contains { $0.isKept && $0.isLoaded }
      return isQuiet && !isKept && held[place.name] == nil
    }
  }
}
