import Drivers
import Text

/// All that an exchange led to, as far as it may not depend on how it was played.
struct Transcript: Equatable, Sendable {
  /// "relay", "done", or how it failed: "overloaded(2000)"; "cancelled" if the client went.
  var outcome = "cancelled"
  var failure: DriverFailure?
  /// Method, path, header lines and body of each request.
  var requests: [String] = []
  var reports = DriverReports()
  /// Of an answer that the driver wrote itself.
  var answerStatus = 0
  var answerType: [UInt8] = []
  var answer: [UInt8] = []
  /// The status that was relayed.
  var relayedStatus = 0
  /// More requests than a host carries out.
  var asksForEver = false

  /// Whether the client or the host got what was wanted.
  var succeeded: Bool {
    switch outcome {
    case "relay": relayedStatus < 400
    case "done": answerStatus < 400
    default: false
    }
  }

  /// A number that stands for all of it.
  var digest: UInt64 {
    var hash = SplitMix.mixed(UInt64(answer.count) &+ 1)
    for byte in Array("\(self)".utf8) { hash = SplitMix.mixed(hash ^ UInt64(byte)) }
    return hash | 1
  }

  /// The first thing in which it is unlike another one, with both values.
  func difference(from other: Transcript) -> String? {
    guard self != other else { return nil }
    if outcome != other.outcome {
      return "it ends with \(outcome), and before with \(other.outcome)"
    }
    let pairs: [(String, String, String)] = [
      ("failure", failure.map { "\($0)" } ?? "none", other.failure.map { "\($0)" } ?? "none"),
      ("requests", "\(requests)", "\(other.requests)"),
      ("reports", "\(reports)", "\(other.reports)"),
      ("answer", Self.text(answer), Self.text(other.answer)),
      (
        "status", "\(relayedStatus) \(answerStatus)", "\(other.relayedStatus) \(other.answerStatus)"
      ),
    ]
    guard let (what, mine, theirs) = pairs.first(where: { $0.1 != $0.2 }) else {
      return "the content type of its answer differs"
    }
    return
      "its \(what) differ: \(Self.around(mine, theirs)), and before \(Self.around(theirs, mine))"
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// A text around the place where it departs from another one.
  private static func around(_ text: String, _ other: String) -> String {
    let bytes = Array(text.utf8)
    let common = zip(bytes, other.utf8).prefix { $0 == $1 }.count
    let start = max(0, common - 40)
    let shown = String(decoding: bytes[start..<min(bytes.count, common + 60)], as: UTF8.self)
    return "\(start > 0 ? "…" : "")\(shown)\(common + 60 < bytes.count ? "…" : "")"
  }
}
