/// How the counters of a gateway have moved: the last hour in points, and what rates are made from. It
/// takes the same room however long the gateway runs. A value; times are milliseconds of one monotonic
/// clock unless they are called Unix.
struct LiveSeries {
  /// Points of the last hour, the oldest first.
  private(set) var points: [LiveSnapshot.Point] = []
  /// The sums at the last points, the newest last.
  private var samples: [LiveSums]
  /// Sums of the last moments at which somebody looked, the newest last.
  private var marks: [LiveSums]
  /// The sums where a stretch of the latencies ended and the next began, the newest last.
  private var borders: [LiveSums]

  /// Time between two points.
  static let step = UInt64(LiveSnapshot.pointSeconds) * 1_000
  private static let mostPoints = 360
  private static let minute: UInt64 = 60_000
  /// Time that rates of tokens are taken over.
  private static let window: UInt64 = 10_000
  private static let stretch: UInt64 = 120_000
  static let stretches = 30
  private static let mostMarks = 32

  /// Begins with what is counted at the start.
  init(_ start: LiveSums) {
    samples = [start]
    marks = [start]
    borders = [start]
  }

  /// Notes the next point, of which there is one for each step.
  mutating func sample(_ sums: LiveSums, unixSeconds: Int64) {
    if let last = samples.last, sums.time > last.time {
      points.append(Self.point(from: last, to: sums, unixSeconds))
      if points.count > Self.mostPoints { points.removeFirst() }
    }
    samples.append(sums)
    // One that is a minute old has to be there.
    while samples.count > 2, sums.time - min(sums.time, samples[1].time) >= Self.minute {
      samples.removeFirst()
    }
    // The timer comes a little late each time; what is short of a stretch by less than half a step
    // counts as whole.
    if let border = borders.last, sums.time >= border.time + Self.stretch - Self.step / 2 {
      borders.append(sums)
      if borders.count > Self.stretches { borders.removeFirst() }
    }
    mark(sums)
  }

  /// Notes what somebody has seen, from which the next rates are taken.
  mutating func mark(_ sums: LiveSums) {
    guard let last = marks.last, sums.time > last.time else { return }
    marks.append(sums)
    while marks.count > 2, sums.time - min(sums.time, marks[1].time) >= Self.window {
      marks.removeFirst()
    }
    if marks.count > Self.mostMarks { marks.remove(at: 1) }
  }

  // MARK: Figures

  /// Of the whole gateway.
  func totals(_ now: LiveSums) -> LiveSnapshot.Totals {
    var totals = LiveSnapshot.Totals()
    totals.requests = now.total.requests
    totals.errors = now.total.errors
    let base = samples.last { now.time >= $0.time + Self.minute } ?? samples.first ?? now
    let change = now.total - base.total
    // Less than a minute is all that there was of it.
    let span = max(now.time - min(now.time, base.time), Self.minute)
    totals.requestsPerMinute =
      Self.rounded(Double(change.requests) * Double(Self.minute) / Double(span), 10)
    if change.requests > 0 {
      totals.errorShare = Self.rounded(Double(change.errors) / Double(change.requests), 10_000)
    }
    totals.tokensPerSecond = rate(now) { $0.total.tokens }
    return totals
  }

  /// Tokens of answers in a second from a backend, by its number.
  func tokensPerSecond(of backend: Int, _ now: LiveSums) -> Double {
    rate(now) { $0[backend].tokens }
  }

  /// Mean durations of requests at a backend over stretches of two minutes in milliseconds, the oldest
  /// first; the last is the one that goes on.
  func latencies(of backend: Int, _ now: LiveSums) -> [UInt32?] {
    var latencies = [UInt32?](repeating: nil, count: Self.stretches - borders.count)
    for (index, border) in borders.enumerated() {
      let end = index + 1 < borders.count ? borders[index + 1] : now
      let change = end[backend] - border[backend]
      latencies.append(Self.mean(change.nanoseconds, of: change.requests))
    }
    return latencies
  }

  private func rate(_ now: LiveSums, of count: (LiveSums) -> UInt64) -> Double {
    guard let base = marks.last(where: { now.time >= $0.time + Self.window }) ?? marks.first,
      now.time > base.time
    else { return 0 }
    let change = count(now) - min(count(now), count(base))
    return Self.rounded(Double(change) * 1_000 / Double(now.time - base.time), 10)
  }

  private static func point(
    from last: LiveSums, to sums: LiveSums, _ unixSeconds: Int64
  ) -> LiveSnapshot.Point {
    let change = sums.total - last.total
    let tokens = Double(change.tokens) * 1_000 / Double(sums.time - last.time)
    return LiveSnapshot.Point(
      time: unixSeconds, requests: change.requests, errors: change.errors,
      firstToken: mean(change.firstTokenNanoseconds, of: change.firstTokens),
      tokensPerSecond: rounded(tokens, 10))
  }

  /// In milliseconds.
  private static func mean(_ nanoseconds: UInt64, of count: UInt64) -> UInt32? {
    count == 0 ? nil : UInt32(clamping: (nanoseconds / count + 500_000) / 1_000_000)
  }

  private static func rounded(_ value: Double, _ parts: Double) -> Double {
    (value * parts).rounded() / parts
  }
}
