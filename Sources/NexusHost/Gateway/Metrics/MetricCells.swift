import Drivers
import Routing
import Synchronization
import Telemetry

/// What one worker has counted of a model on a backend. Its thread counts, every thread may read.
final class PlaceCells: Sendable {
  /// Its number among the places of `MetricLabels`.
  let place: Int
  /// What is counted of the backend as a whole.
  let backend: BackendCells
  let statuses = StatusTallies()
  let duration = Distribution(MetricTable.requestDuration)
  let exemplars = Exemplars()
  let errors: InlineArray<14, Tally> = InlineArray { _ in Tally() }
  let requestBytes = Tally()
  let responseBytes = Tally()
  let promptTokens = Distribution(MetricTable.tokens)
  let answerTokens = Distribution(MetricTable.tokens)
  let tokensPerSecond = Distribution(MetricTable.tokensPerSecond)
  let interToken = Distribution(MetricTable.interToken)
  let estimateRatio = Distribution(MetricTable.estimateRatio)
  /// Prompts that were measured by the model's own scale, and without one.
  let approximations = Tally()
  let heuristics = Tally()
  let approximationTime = Distribution(MetricTable.tokenCountDuration)
  let heuristicTime = Distribution(MetricTable.tokenCountDuration)
  let cost = Distribution(MetricTable.cost)
  let embeddings = StatusTallies()
  let embeddingTokens = Tally()
  // So that what lies behind it in memory, and is perhaps another thread's, has its own cache line.
  private let margin = InlineArray<8, UInt64>(repeating: 0)

  init(_ place: Int, _ backend: BackendCells) {
    self.place = place
    self.backend = backend
  }

  func count(_ error: ErrorKind) { errors[Int(error.rawValue)].add() }

  /// A prompt was measured; `time`: in how many nanoseconds it was read, 0 unknown.
  func countPrompt(calibrated: Bool, _ time: UInt64) {
    if calibrated {
      approximations.add()
      if time > 0 { approximationTime.record(time) }
    } else {
      heuristics.add()
      if time > 0 { heuristicTime.record(time) }
    }
  }
}

/// What one worker has counted of a backend. Its thread counts, every thread may read.
final class BackendCells: Sendable {
  /// Its number among the backends of `MetricLabels`.
  let number: Int
  let firstToken = Distribution(MetricTable.timeToFirstToken)
  /// By the raw value of a failure's code.
  let failures: InlineArray<16, Tally> = InlineArray { _ in Tally() }
  let broken = Tally()
  /// Requests that have ended, those of them that were not answered with 2xx or 3xx, and how long all
  /// took together, in nanoseconds.
  let requests = Tally()
  let errors = Tally()
  let nanoseconds = Tally()
  /// Tokens of answers: of streams that somebody watches as they come, of others at their end.
  let answerTokens = Tally()
  /// By the raw value of a cause.
  let circuitsOpened: InlineArray<16, Tally> = InlineArray { _ in Tally() }
  private let margin = InlineArray<8, UInt64>(repeating: 0)

  init(_ number: Int) { self.number = number }

  func countEnd(_ status: Int, after nanoseconds: UInt64) {
    requests.add()
    if !(200..<400).contains(status) { errors.add() }
    self.nanoseconds.add(nanoseconds)
  }

  func count(_ failure: FailureCode) { failures[min(Int(failure.rawValue), 15)].add() }
}

/// What one worker has counted of requests that a fallback served.
final class FallbackCells: Sendable {
  let asked: String
  let served: String
  let requests = Tally()

  init(asked: String, served: String) {
    self.asked = asked
    self.served = served
  }
}

/// What one worker has measured of a driver.
final class DriverCells: Sendable {
  let driver: String
  let calls = Distribution(MetricTable.driverCalls)

  init(_ driver: String) { self.driver = driver }
}

/// All that one worker has counted. Its thread counts, every thread may read.
final class MetricShard: Sendable {
  /// What there is by now; a lock is taken only when something is seen for the first time, and by who
  /// reads.
  struct Contents {
    var places: [PlaceCells] = []
    var backends: [BackendCells] = []
    var fallbacks: [FallbackCells] = []
    var drivers: [DriverCells] = []
  }

  let contents = Mutex(Contents())
  let streamsBegun = Tally()
  let streamsEnded = Tally()
  /// Who watched and did not take what there was to see.
  let viewersDropped = Tally()
  /// By the raw value of the failure's code; the last for hedges.
  let retries: InlineArray<17, Tally> = InlineArray { _ in Tally() }
  static let hedge = 16
  let failoversBeforeReply = Tally()
  let failoversInPreamble = Tally()
  let queueWait = Distribution(MetricTable.queueWait)
  let pipeline = Distribution(MetricTable.pipeline)
  /// By the place of a stage among all.
  let stages: InlineArray<16, Distribution> = InlineArray { _ in
    Distribution(MetricTable.reconcilers)
  }
  let exclusions: InlineArray<16, Tally> = InlineArray { _ in Tally() }
  private let margin = InlineArray<8, UInt64>(repeating: 0)
}
