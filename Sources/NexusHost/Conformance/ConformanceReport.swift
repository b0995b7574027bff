/// Something that a driver does wrong, with what it takes to see it again.
public struct ConformanceFinding: Equatable, Sendable {
  /// The check that it fails.
  public let check: String
  /// What is wrong, in a sentence.
  public let text: String
  /// The exchange that showed it, or empty.
  public let exchange: String
  /// How that exchange was played: "cut-17"; or empty.
  public let play: String
  /// In which call, with which bytes; or empty.
  public let place: String

  public init(
    _ check: String, _ text: String, exchange: String = "", play: String = "", place: String = ""
  ) {
    self.check = check
    self.text = text
    self.exchange = exchange
    self.play = play
    self.place = place
  }

  /// What `--only` is given to see it again.
  public var selection: String { exchange.isEmpty ? check : "\(exchange)/\(play)" }
}

/// What came of one check.
public enum CheckOutcome: Equatable, Sendable {
  case passed
  case failed([ConformanceFinding])
  /// It could not be tried, for that reason.
  case skipped(String)
}

/// What came of all.
public struct ConformanceReport: Sendable {
  /// The file as it was named.
  public let path: String
  /// Lower-case hexadecimal; empty if it could not be read.
  public let sha256: String
  /// Of the driver, as its note says; empty without one.
  public let id: String
  public let version: String
  /// The checks in order with what came of them; only those that were asked for.
  public let results: [(check: ConformanceCheck, outcome: CheckOutcome)]
  /// Where recordings are that could not be read, and why.
  public let complaints: [String]
  /// How many times an exchange was played.
  public let plays: Int
  /// How long it took, in milliseconds.
  public let milliseconds: Int
  /// With which seed the damage was done.
  public let seed: UInt64

  /// Whether no check failed.
  public var passed: Bool {
    complaints.isEmpty
      && !results.contains {
        if case .failed = $0.outcome { true } else { false }
      }
  }

  /// What is wrong, in order.
  public var findings: [ConformanceFinding] {
    results.flatMap { result -> [ConformanceFinding] in
      if case .failed(let findings) = result.outcome { findings } else { [] }
    }
  }
}
