import Synchronization
import Telemetry

/// What has been counted since the start, by backends, at one moment: what the live view's rates are
/// made of. Cheap to take, whatever the number of models. A value.
struct LiveSums: Equatable {
  /// Of one backend.
  struct Sum: Equatable {
    var requests: UInt64 = 0
    var errors: UInt64 = 0
    /// That all requests took together.
    var nanoseconds: UInt64 = 0
    /// Of answers.
    var tokens: UInt64 = 0
    /// Answers whose first token was timed, and their times together.
    var firstTokens: UInt64 = 0
    var firstTokenNanoseconds: UInt64 = 0

    static func + (one: Sum, two: Sum) -> Sum {
      Sum(
        requests: one.requests &+ two.requests, errors: one.errors &+ two.errors,
        nanoseconds: one.nanoseconds &+ two.nanoseconds, tokens: one.tokens &+ two.tokens,
        firstTokens: one.firstTokens &+ two.firstTokens,
        firstTokenNanoseconds: one.firstTokenNanoseconds &+ two.firstTokenNanoseconds)
    }

    /// What has come since `earlier`; counters that are read while they change may lag.
    static func - (one: Sum, earlier: Sum) -> Sum {
      func difference(_ field: KeyPath<Sum, UInt64>) -> UInt64 {
        one[keyPath: field] - min(one[keyPath: field], earlier[keyPath: field])
      }
      return Sum(
        requests: difference(\.requests), errors: difference(\.errors),
        nanoseconds: difference(\.nanoseconds), tokens: difference(\.tokens),
        firstTokens: difference(\.firstTokens),
        firstTokenNanoseconds: difference(\.firstTokenNanoseconds))
    }
  }

  /// Milliseconds of a monotonic clock.
  let time: UInt64
  /// By the numbers of backends in `MetricLabels`.
  let backends: [Sum]
  /// Requests that reached none included.
  let total: Sum

  init(at time: UInt64, _ backends: [Sum]) {
    self.time = time
    self.backends = backends
    total = backends.reduce(Sum(), +)
  }

  init(_ metrics: GatewayMetrics, at time: UInt64) {
    var sums: [Sum] = []
    for worker in metrics.workers {
      for cells in worker.shard.contents.withLock({ $0.backends }) {
        while sums.count <= cells.number { sums.append(Sum()) }
        sums[cells.number] = sums[cells.number] + Sum(cells)
      }
    }
    self.init(at: time, sums)
  }

  /// Of a backend; nothing if it was not known then.
  subscript(_ backend: Int) -> Sum {
    backends.indices.contains(backend) ? backends[backend] : Sum()
  }
}

extension LiveSums.Sum {
  fileprivate init(_ cells: BackendCells) {
    let first = cells.firstToken.reading
    self.init(
      requests: cells.requests.count, errors: cells.errors.count,
      nanoseconds: cells.nanoseconds.count, tokens: cells.answerTokens.count,
      firstTokens: first.count, firstTokenNanoseconds: first.sum)
  }
}
