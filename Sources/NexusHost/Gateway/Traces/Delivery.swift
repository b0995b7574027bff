import HTTP
import Net
import Text

/// The delivery of one batch of spans, as a value: what each try came to, and when the next one is due
/// (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP Response" and "Failures").
struct Delivery {
  /// What is to be done.
  enum Action: Equatable {
    /// The collector has it; so many spans it did not want.
    case done(rejected: Int)
    /// Try again after so many milliseconds.
    case again(after: UInt64)
    /// It is given up.
    case drop(TraceCounts.Reason)
  }

  /// How a try ended.
  enum Event {
    case reply(PlainCall.Reply)
    case failure(PlainCall.Failure)
  }

  /// How often a batch is tried.
  static let mostTries = 5
  /// The first pause; the next ones are twice as long each. In milliseconds.
  static let firstPause: UInt64 = 500
  /// Longer than that no collector is waited for, whatever it asks.
  static let longestPause: UInt64 = 300_000

  private var tries = 0
  /// What went wrong last, for people; empty if nothing did.
  private(set) var trouble = ""

  /// `draw`: a random number, so that not all gateways come back at the same moment. `now`: Unix
  /// seconds.
  mutating func on(_ event: Event, now: Int64, draw: UInt64) -> Action {
    tries += 1
    switch event {
    case .failure(.broken(let error)):
      trouble = "\(error)"
      return again(nil, draw)
    case .failure(.notHTTP):
      trouble = "what listens there speaks no HTTP/1.1"
      return again(nil, draw)
    case .reply(let reply):
      switch reply.status {
      case 200..<300:
        trouble = ""
        return .done(rejected: Self.rejected(reply.body))
      case 429, 502, 503, 504:
        trouble = "it answers with status \(reply.status)"
        return again(reply.fields["retry-after"].flatMap { Self.wait($0, now: now) }, draw)
      default:
        trouble = "it answers with status \(reply.status)"
        return .drop(.refused)
      }
    }
  }

  /// `wait`: what the collector asked for.
  private func again(_ wait: UInt64?, _ draw: UInt64) -> Action {
    guard tries < Self.mostTries else { return .drop(.unreachable) }
    let pause = Self.firstPause << UInt64(tries - 1)
    return .again(after: min(max(wait ?? 0, pause + draw % pause), Self.longestPause))
  }

  /// The milliseconds of a Retry-After (RFC 9110 §10.2.3): seconds, or a date.
  static func wait(_ value: String, now: Int64) -> UInt64? {
    if let seconds = UInt64(value) { return min(seconds, longestPause / 1_000) * 1_000 }
    guard let date = HTTPDate.unixSeconds(value), date > now else { return nil }
    return min(UInt64(date - now), longestPause / 1_000) * 1_000
  }

  /// How many spans the body of a good answer says were not wanted.
  static func rejected(_ body: [UInt8]) -> Int {
    guard let document = JSONDocument(body),
      let node = document.path("partialSuccess", "rejectedSpans")
    else { return 0 }
    let text = document.string(node).map { String(decoding: $0, as: UTF8.self) }
    return Int(clamping: max(0, document.integer(node) ?? text.flatMap { Int64($0) } ?? 0))
  }
}
