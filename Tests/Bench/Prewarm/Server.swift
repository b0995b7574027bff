import Control

/// An imitated server with room for some models: it loads what is asked for, throws out what was used
/// least lately to make room, and what was idle for five minutes, as Ollama does.
struct Server {
  struct Resident {
    var isLoaded = false
    /// When a load ends.
    var ready = 0.0
    /// When it was used last, or loaded.
    var used = 0.0
    /// Ends of the requests that are under way.
    var ends: [Double] = []
    /// Loaded ahead of time, and not asked for since.
    var isUntouched = false
    /// Loaded ahead of time: what to tell the plan when it is there.
    var prewarm: Prewarm?
  }

  let name: String
  let memory: UInt64
  let lists: Set<Int>
  /// By number of the model: in memory or on their way there.
  private(set) var residents: [Int: Resident] = [:]
  private(set) var lastRequest = -Double.infinity
  private var loadTimes: [Int: Double] = [:]

  static let keepAlive = 300.0

  init(name: String, memory: UInt64, lists: Set<Int>) {
    self.name = name
    self.memory = memory
    self.lists = lists
  }

  var free: UInt64 {
    memory - min(memory, residents.keys.reduce(0) { $0 + Habit.all[$1].bytes })
  }

  /// Lets the time pass. Tells what was loaded, and what left memory without having been used.
  mutating func advance(to now: Double) -> (loaded: [Prewarm], wasted: Int) {
    var loaded: [Prewarm] = []
    var wasted = 0
    for (model, var resident) in residents {
      if !resident.isLoaded, resident.ready <= now {
        resident.isLoaded = true
        resident.used = max(resident.used, resident.ready)
        if let prewarm = resident.prewarm { loaded.append(prewarm) }
        resident.prewarm = nil
      }
      if let last = resident.ends.filter({ $0 <= now }).max() {
        resident.used = max(resident.used, last)
        resident.ends.removeAll { $0 <= now }
      }
      residents[model] = resident
      if resident.isLoaded, resident.ends.isEmpty, now - resident.used >= Self.keepAlive {
        if resident.isUntouched { wasted += 1 }
        residents[model] = nil
      }
    }
    return (loaded, wasted)
  }

  /// What came of a request: how long it waits, and whether a load was begun for it.
  mutating func serve(_ request: Request) -> (wait: Double, isCold: Bool, wasted: Int) {
    lastRequest = request.time
    var wasted = 0
    var isCold = false
    if residents[request.model] == nil {
      wasted = begin(request.model, at: request.time).count { $0.isUntouched }
      isCold = true
    }
    var resident = residents[request.model] ?? Resident()
    let wait = resident.isLoaded ? 0 : max(0, resident.ready - request.time)
    // What is asked for before it is there came too late.
    if resident.isUntouched, wait > 0 { isCold = true }
    resident.isUntouched = false
    resident.used = request.time
    resident.ends.append(request.time + wait + request.service)
    residents[request.model] = resident
    return (wait, isCold, wasted)
  }

  /// Begins to load; gives back what is thrown out for it.
  mutating func begin(_ model: Int, at now: Double, for prewarm: Prewarm? = nil) -> [Resident] {
    var out: [Resident] = []
    while free < Habit.all[model].bytes,
      let victim = residents.min(by: {
        ($0.value.ends.isEmpty ? 0 : 1, $0.value.used, $0.key)
          < ($1.value.ends.isEmpty ? 0 : 1, $1.value.used, $1.key)
      })
    {
      out.append(victim.value)
      residents[victim.key] = nil
    }
    var resident = Resident()
    resident.ready = now + Habit.all[model].load
    resident.used = now
    resident.prewarm = prewarm
    resident.isUntouched = prewarm != nil
    residents[model] = resident
    loadTimes[model] = Habit.all[model].load * 1_000
    return out
  }

  /// As the gateway sees it. `isMemoryKnown`: whether `memory_gb` is set.
  func place(at now: Double, isMemoryKnown: Bool) -> WarmPlace {
    var place = WarmPlace(name, memory: isMemoryKnown ? memory : 0)
    place.entries = lists.sorted().map { model in
      let resident = residents[model]
      var entry = WarmPlace.Entry(
        Habit.all[model].model, isLoaded: resident?.isLoaded == true, bytes: Habit.all[model].bytes)
      entry.isLoading = resident?.isLoaded == false
      entry.inFlight = resident?.ends.count ?? 0
      entry.loadTime = loadTimes[model] ?? 0
      return entry
    }
    place.isBusy = residents.values.contains { !$0.isLoaded }
    place.inFlight = place.entries.reduce(0) { $0 + $1.inFlight }
    place.idle = lastRequest.isFinite ? UInt64(max(0, now - lastRequest) * 1_000) : .max
    return place
  }
}
