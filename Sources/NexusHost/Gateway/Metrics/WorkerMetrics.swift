import Synchronization
import Drivers
import Fleet
import Net
import Routing
import Telemetry

/// Where a worker counts. Confined to its loop's thread; what it counts lies in its shard.
final class WorkerMetrics {
  let shard = MetricShard()
  private let labels: MetricLabels
  /// By the numbers of places.
  private var places: [PlaceCells?] = []
  /// By the numbers of backends.
  private var backends: [BackendCells?] = []
  /// Of requests that were sent nowhere: by their model.
  private var nowhere: [String: PlaceCells] = [:]
  private var fallbacks: [String: FallbackCells] = [:]
  private var drivers: [String: DriverCells] = [:]
  private var readings = 0
  private var plans = 0

  /// Every so many requests the time to read them is taken, and that of every so many plans.
  private static let readingsPerSample = 16
  private static let plansPerSample = 16
  private static let plansPerStageSample = 64

  init(_ labels: MetricLabels) { self.labels = labels }

  // MARK: Where

  /// Where a model on a backend is counted.
  @inline(__always)
  func cells(_ model: Model, on backend: Backend, _ kind: BackendKind) -> PlaceCells {
    let number = model.account.place.value
    if number < places.count, let cells = places[number] { return cells }
    return newCells(model, on: backend, kind)
  }

  private func newCells(
    _ model: Model, on backend: Backend, _ kind: BackendKind
  ) -> PlaceCells {
    let number = labels.place(model.id, on: backend.name, type: kind.type)
    model.account.place.assign(number)
    return cells(number)
  }

  /// Where a request is counted that was sent nowhere. `model`: nil if nobody knows it.
  func cells(nowhere model: String?) -> PlaceCells {
    let model = model ?? MetricLabels.unknown
    if let known = nowhere[model] { return known }
    let new = cells(labels.place(model, on: MetricLabels.none))
    nowhere[model] = new
    return new
  }

  private func cells(_ number: Int) -> PlaceCells {
    if number < places.count, let cells = places[number] { return cells }
    let backend = labels.current.places[number].backend
    let new = PlaceCells(number, backendCells(backend))
    while places.count <= number { places.append(nil) }
    places[number] = new
    shard.contents.withLock { $0.places.append(new) }
    return new
  }

  private func backendCells(_ number: Int) -> BackendCells {
    if number < backends.count, let cells = backends[number] { return cells }
    let new = BackendCells(number)
    while backends.count <= number { backends.append(nil) }
    backends[number] = new
    shard.contents.withLock { $0.backends.append(new) }
    return new
  }

  /// A request for one model was served by another that stands in for it.
  func countFallback(from asked: String, to served: String) {
    let asked = MetricLabels.sanitized(asked)
    let served = MetricLabels.sanitized(served)
    let key = "\(asked) \(served)"
    if let known = fallbacks[key] { return known.requests.add() }
    // Both stand in the configuration or in lists of servers, of which there is an end.
    guard fallbacks.count < MetricLabels.mostModels else { return }
    let new = FallbackCells(asked: asked, served: served)
    fallbacks[key] = new
    shard.contents.withLock { $0.fallbacks.append(new) }
    new.requests.add()
  }

  /// A call of a driver took so many nanoseconds.
  func count(callOf driver: Driver, nanoseconds: UInt64) {
    let id = driver.descriptor.id
    if let known = drivers[id] {
      known.calls.record(nanoseconds)
      return
    }
    let new = DriverCells(id)
    drivers[id] = new
    shard.contents.withLock { $0.drivers.append(new) }
    new.calls.record(nanoseconds)
  }

  // MARK: Samples

  /// The present moment if the request that is read now is one of those that are measured, else 0.
  @inline(__always)
  func beginReading() -> UInt64 {
    defer { readings &+= 1 }
    return readings % Self.readingsPerSample == 0 ? MonotonicClock.nanoseconds() : 0
  }

  /// The same for a plan.
  @inline(__always)
  func beginPlan() -> UInt64 {
    defer { plans &+= 1 }
    return plans % Self.plansPerSample == 0 ? MonotonicClock.nanoseconds() : 0
  }

  /// A plan is made that was begun at `started`, or is not measured.
  @inline(__always)
  func endPlan(_ started: UInt64, _ tape: LoadTape, times: () -> [(RoutingStage, UInt64)]) {
    if tape.hasDropped { countDrops(tape) }
    guard started != 0 else { return }
    shard.pipeline.record(MonotonicClock.nanoseconds() &- started)
    guard plans % Self.plansPerStageSample == 1 else { return }
    for (stage, time) in times() { shard.stages[stage.number].record(time) }
  }

  private func countDrops(_ tape: LoadTape) {
    for stage in RoutingStage.allCases {
      let count = tape.drops(by: stage)
      if count > 0 { shard.exclusions[stage.number].add(UInt64(count)) }
    }
  }

  /// A further attempt is made after one that failed.
  func countRetry(after failure: FailureCode, hadBegun: Bool) {
    shard.retries[min(Int(failure.rawValue), 15)].add()
    if hadBegun { shard.failoversInPreamble.add() } else { shard.failoversBeforeReply.add() }
  }
}
