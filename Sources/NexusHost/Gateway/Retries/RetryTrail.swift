import Drivers
import Fleet
import Routing

/// Which of the attempts of a request comes next: a value that is told how each failed.
struct RetryTrail {
  /// A try.
  struct Step: Equatable {
    /// Its place among the attempts.
    let index: Int
    /// Between how many milliseconds to wait before it; nil for not at all.
    let pause: ClosedRange<UInt64>?
    /// Whether it is made although its circuit is open: nothing else is left.
    let isForced: Bool
  }

  private let attempts: ArraySlice<Attempt>
  /// Whether the same place may be tried again if it is the only one.
  private let mayRepeat: Bool
  private var isBegun = false
  /// Those not tried yet, in order; nil before the first has ended.
  private var left: [Int]?
  /// Those whose circuit has opened since the plan.
  private var shut: [Int] = []
  /// Backends that have failed as a whole.
  private var avoided: [BackendLoad] = []
  private var retries = 0
  private var repeated: Int?
  private var hasRepeated = false
  private var isOver = false

  /// The wait before a backend that has just failed is asked again.
  private static let repeatPause: ClosedRange<UInt64> = 100...250
  /// The wait before the second retry; twice as long before each that follows.
  private static let firstPause: UInt64 = 50
  private static let longestPause: UInt64 = 3_200

  init(_ attempts: ArraySlice<Attempt>, mayRepeat: Bool) {
    self.attempts = attempts
    self.mayRepeat = mayRepeat
  }

  /// The next try; nil if there is none.
  mutating func next() -> Step? {
    guard isBegun else {
      isBegun = true
      return Step(index: attempts.startIndex, pause: nil, isForced: false)
    }
    guard !isOver else { return nil }
    var left = self.left ?? Array(attempts.indices.dropFirst())
    defer { self.left = left }
    if let place = left.firstIndex(where: { !isAvoided($0) }) {
      return Step(index: left.remove(at: place), pause: pause, isForced: false)
    }
    if !left.isEmpty {
      // Another model there, which may do better.
      return Step(index: left.removeFirst(), pause: Self.repeatPause, isForced: false)
    }
    if !shut.isEmpty { return Step(index: shut.removeFirst(), pause: pause, isForced: true) }
    guard let index = repeated else { return nil }
    repeated = nil
    return Step(index: index, pause: Self.repeatPause, isForced: true)
  }

  /// What would come next if the first try failed; nil if there is nothing else.
  var spare: Int? {
    guard attempts.count > 1 else { return nil }
    return (left ?? Array(attempts.indices.dropFirst())).first { !isAvoided($0) }
  }

  /// One of those left was tried beside the one that is under way.
  mutating func use(_ index: Int) {
    left = (left ?? Array(attempts.indices.dropFirst())).filter { $0 != index }
  }

  /// The circuit of a step has opened since the plan, or its backend is full.
  mutating func skip(_ step: Step) {
    if !step.isForced { shut.append(step.index) }
  }

  /// A try has failed. `mayPass`: whether it may go better a moment later; what took too long, or
  /// was no answer at all, would do so again.
  mutating func fail(_ index: Int, _ failure: DriverFailure, mayPass: Bool) {
    let attempt = attempts[index]
    retries += 1
    switch failure.code {
    case .badRequest, .contentBlocked: isOver = true
    case .contextOverflow: keepLarger(than: failure.detail, attempt)
    case .credentialDead:
      avoided.append(attempt.backend.load)
      keep { $0.backend.load !== attempt.backend.load }
    case .upstreamBroken:
      avoided.append(attempt.backend.load)
      if mayRepeat, mayPass, attempts.count == 1, !hasRepeated {
        (repeated, hasRepeated) = (index, true)
      }
    case .overloaded, .driverBug: avoided.append(attempt.backend.load)
    case .unsupported, .modelAbsent, .modelLoading, .rateLimited: break
    }
  }

  private func isAvoided(_ index: Int) -> Bool {
    let load = attempts[index].backend.load
    return avoided.contains { $0 === load }
  }

  /// A prompt that was too long for a window is too long for every smaller one.
  private mutating func keepLarger(than limit: UInt64, _ attempt: Attempt) {
    let window = limit > 0 ? limit : attempt.model.contextTokens
    keep { $0.model.contextTokens == 0 || $0.model.contextTokens > window }
  }

  private mutating func keep(_ isMeant: (Attempt) -> Bool) {
    left = (left ?? Array(attempts.indices.dropFirst())).filter { isMeant(attempts[$0]) }
    shut.removeAll { !isMeant(attempts[$0]) }
  }

  /// The first retry goes elsewhere at once; where two have failed there may be more amiss.
  private var pause: ClosedRange<UInt64>? {
    guard retries > 1 else { return nil }
    let least = min(Self.firstPause << UInt64(min(retries - 2, 16)), Self.longestPause / 2)
    return least...(2 * least)
  }
}
