import Drivers

/// What a transcript says of a driver.
struct Judge {
  let driver: DriverDescriptor

  /// What is wrong, as check and sentence.
  typealias Fault = (check: String, text: String)

  /// Everything that is wrong with what a play led to, but for comparisons with others.
  func faults(_ recording: RecordedExchange, _ play: Play, _ found: Transcript) -> [Fault] {
    if found.asksForEver {
      return [
        (
          "exchange.requests",
          "It sends more than \(Playing.mostRequests) requests; the last was "
            + "\(found.requests.last?.split(separator: "\n").first ?? "")."
        )
      ]
    }
    if let failure = found.failure, failure.code == .driverBug {
      return bug(failure.message, play).map { [$0] } ?? []
    }
    return reports(found) + relayed(recording, play, found) + refusals(recording, play, found)
      + identity(recording, play, found) + expectation(recording, play, found)
  }

  /// A rule of the ABI that the host saw broken.
  private func bug(_ message: String, _ play: Play) -> Fault? {
    let prefix = "the driver has a bug: "
    guard message.hasPrefix(prefix) else {
      return ("exchange.verdict", "It says of itself that it has a bug: \(message).")
    }
    let text = String(message.dropFirst(prefix.count))
    let check = Self.check(for: text)
    // Names that arrive torn are not UTF-8 any more; that the host refuses them is enough.
    if check == "exchange.reports", play.isDamaging, text.contains("malformed") { return nil }
    return (check, "The host refuses it: \(text).")
  }

  /// Which check the words of a bug belong to (`DriverSink`, `ReportReader`, `Exchange`).
  static func check(for bug: String) -> String {
    let kinds: [(String, [String])] = [
      ("exchange.verdict", ["DONE", "MORE", "SEND", "RELAY", "FAILED", "verdict", "a failure"]),
      ("exchange.answer", ["answer", "one call emitted"]),
      ("exchange.request", ["request", "header field", "body"]),
      ("exchange.reports", ["report", "identity", "model", "load", "usage"]),
    ]
    return kinds.first { $0.1.contains(where: bug.contains) }?.0 ?? "exchange.verdict"
  }

  private func reports(_ found: Transcript) -> [Fault] {
    guard let type = found.reports.identity?.backendType, !driver.types.contains(type) else {
      return []
    }
    return [
      ("exchange.reports", "It identifies a server of type '\(type)', which it does not serve.")
    ]
  }

  private func relayed(
    _ recording: RecordedExchange, _ play: Play, _ found: Transcript
  ) -> [Fault] {
    let kind = recording.kind
    if found.outcome == "relay", !driver.relayed.contains(kind) {
      return [
        ("exchange.relayed", "It relays \(kind.name), which 'relayed' in its table does not have.")
      ]
    }
    guard play == .whole, found.outcome == "done", found.answerStatus != 0,
      found.answerStatus < 400,
      driver.relayed.contains(kind)
    else { return [] }
    return [
      ("exchange.relayed", "It answers \(kind.name) itself, which 'relayed' in its table has.")
    ]
  }

  /// A server that says nothing but no, or nothing at all, has not said yes.
  private func refusals(
    _ recording: RecordedExchange, _ play: Play, _ found: Transcript
  ) -> [Fault] {
    let what: String
    switch play {
    case .status(let status, nil):
      let isRefusal =
        status >= 500 || recording.kind.answersClient && [401, 403, 429].contains(status)
      guard isRefusal else { return [] }
      what = "status \(status)"
    case .broken(let cause): what = "a reply that broke (\(cause))"
    default: return []
    }
    switch recording.kind {
    case .survey where found.outcome == "done" && found.reports.health?.state == .ready:
      return [("exchange.errors", "It reports a healthy server after \(what).")]
    case .identify where found.outcome == "done" && found.reports.identity != nil:
      return [("exchange.errors", "It identifies a server by \(what).")]
    case .load, .unload, .countTokens:
      guard found.outcome == "done" else { return [] }
      return [("exchange.errors", "It takes \(what) for a success.")]
    case let kind where kind.answersClient:
      let isPassedOn =
        found.outcome == "relay" || found.outcome == "done" && found.answerStatus < 400
      guard isPassedOn else { return [] }
      return [
        (
          "exchange.errors",
          "It passes \(what) on as an answer; FAILED lets the host try another server."
        )
      ]
    default: return []
    }
  }

  private func identity(
    _ recording: RecordedExchange, _ play: Play, _ found: Transcript
  ) -> [Fault] {
    guard recording.kind == .identify, play == .whole, !recording.type.isEmpty,
      !driver.types.contains(recording.type), let identity = found.reports.identity,
      identity.certainty >= 90
    else { return [] }
    return [
      (
        "exchange.identity",
        "It takes a server of type '\(recording.type)' for '\(identity.backendType)' with certainty "
          + "\(identity.certainty)."
      )
    ]
  }

  private func expectation(
    _ recording: RecordedExchange, _ play: Play, _ found: Transcript
  ) -> [Fault] {
    guard play == .whole, case .outcome(let wanted) = recording.expectation,
      recording.type.isEmpty || driver.types.contains(recording.type)
    else { return [] }
    let plain = String(found.outcome.prefix { $0 != "(" })
    guard found.outcome != wanted, plain != wanted else { return [] }
    let why = found.failure.map { ": \($0.message)" } ?? ""
    return [
      ("exchange.expect", "The recording says \(wanted), and it ends with \(found.outcome)\(why).")
    ]
  }

  /// What is wrong with the time that a play took, or nil.
  static func slowness(
    total: UInt64, longest: UInt64, allowed: UInt64, call: Int, calls: Int, given: UInt64
  ) -> String? {
    if longest > allowed {
      return
        "Call \(call) took \(milliseconds(longest)) of a processor; \(milliseconds(allowed)) is "
        + "what is tolerated, and 1 ms for 64 KiB what is expected."
    }
    // What one call may take, and a little for making it.
    let most = 50_000_000 + 4_000_000 * (given / 65_536 + 1) + 5_000 * UInt64(calls)
    guard total > most else { return nil }
    return "\(calls) calls with \(given) bytes took \(milliseconds(total)) of a processor; "
      + "\(milliseconds(most)) is what is tolerated. Does it look at everything again with each piece?"
  }

  private static func milliseconds(_ nanoseconds: UInt64) -> String {
    "\(nanoseconds / 1_000_000) ms"
  }
}
