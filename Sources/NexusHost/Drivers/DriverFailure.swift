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
}
