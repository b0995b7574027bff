import HTTP
import Text

/// Why an operation failed: the closed vocabulary of the ABI, whose numbers these are.
public enum FailureCode: UInt32, CaseIterable, Sendable {
  case badRequest = 1
  case unsupported = 2
  case modelAbsent = 3
  case modelLoading = 4
  case overloaded = 5
  case rateLimited = 6
  case credentialDead = 7
  case contextOverflow = 8
  case contentBlocked = 9
  case upstreamBroken = 10
  case driverBug = 11

  /// The name that logs, metrics and error bodies use.
  public var name: String {
    switch self {
    case .badRequest: "bad_request"
    case .unsupported: "unsupported"
    case .modelAbsent: "model_absent"
    case .modelLoading: "model_loading"
    case .overloaded: "overloaded"
    case .rateLimited: "rate_limited"
    case .credentialDead: "credential_dead"
    case .contextOverflow: "context_overflow"
    case .contentBlocked: "content_blocked"
    case .upstreamBroken: "upstream_broken"
    case .driverBug: "driver_bug"
    }
  }

  /// Where the request may go next.
  public var retry: RetryScope {
    switch self {
    case .badRequest, .contentBlocked: .never
    case .contextOverflow: .largerContext
    case .modelLoading: .otherBackendOrWait
    case .unsupported, .modelAbsent, .overloaded, .rateLimited, .credentialDead, .upstreamBroken,
      .driverBug:
      .otherBackend
    }
  }

  /// Whether it counts against the health of the backend, like a failed probe.
  public var countsAsFault: Bool { self == .upstreamBroken }
}

/// Where a failed request may still be tried.
public enum RetryScope: Sendable {
  /// Nowhere: the request itself is at fault.
  case never
  /// On any other backend that has the model.
  case otherBackend
  /// On another backend whose context window is larger than the limit told.
  case largerContext
  /// On another backend, or here once the model is loaded.
  case otherBackendOrWait
}

/// How long a backend is left alone after a failure.
public enum CoolDown: Equatable, Sendable {
  /// It may be asked again at once.
  case none
  /// It is left alone for so many milliseconds.
  case milliseconds(UInt64)
  /// It is out until its configuration changes or a survey succeeds.
  case untilMended
}

/// How an operation failed.
public struct DriverFailure: Error, Equatable, Sendable {
  /// The kind of failure, which decides what happens next.
  public let code: FailureCode
  /// A sentence for people, at most 1 KiB.
  public let message: String
  /// As the code defines it: milliseconds for loading, overloaded and rate limited, tokens for
  /// context overflow, else 0; 0 also means unknown.
  public let detail: UInt64

  public init(_ code: FailureCode, _ message: String, detail: UInt64 = 0) {
    self.code = code
    self.message = message
    self.detail = detail
  }

  /// The same without credentials in its words: servers repeat what they were sent.
  public func cleaned(for target: UpstreamTarget) -> DriverFailure {
    DriverFailure(
      code, SecretScrub.clean(message, known: target.credential ?? []), detail: detail)
  }

  /// Cool-down of a server that says it is full but not for how long.
  public static let defaultCoolDownMilliseconds: UInt64 = 1_000
  /// The longest cool-down that is believed.
  public static let maximumCoolDownMilliseconds: UInt64 = 300_000

  /// How long the backend is left alone.
  public var coolDown: CoolDown {
    switch code {
    case .overloaded, .rateLimited:
      let told = detail == 0 ? Self.defaultCoolDownMilliseconds : detail
      return .milliseconds(min(told, Self.maximumCoolDownMilliseconds))
    case .credentialDead: return .untilMended
    default: return .none
    }
  }
}
