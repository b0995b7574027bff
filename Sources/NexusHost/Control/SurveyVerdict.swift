import Drivers
import Fleet

/// What the outcome of a survey, or the failure of a request, says about a backend's health.
enum SurveyVerdict {
  /// The event for the health machine, or nil if the outcome says nothing about it; and why.
  static func event(
    _ outcome: ExchangeOutcome, state: BackendHealth.State
  ) -> (event: BackendHealth.Event?, why: String) {
    if let failure = outcome.failure {
      return (event(surveyFailed: failure, state: state), failure.message)
    }
    // A server that has no health endpoint is ready if its survey succeeds.
    guard let health = outcome.reports.health else { return (.probeReady, "") }
    switch health.state {
    case .ready: return (.probeReady, health.detail)
    case .loading: return (.probeLoading, health.detail)
    case .failing: return (.probeFailed, health.detail)
    }
  }

  private static func event(
    surveyFailed failure: DriverFailure, state: BackendHealth.State
  ) -> BackendHealth.Event? {
    switch failure.code {
    case .credentialDead: .keyRefused
    case .modelLoading: .probeLoading
    // A server that is too busy to describe itself is alive; one that never did is no use yet.
    case .overloaded, .rateLimited: state == .up ? nil : .probeFailed
    default: .probeFailed
    }
  }

  /// The event that a failed live request is; nil if it is not the backend's fault.
  static func event(requestFailed failure: DriverFailure) -> BackendHealth.Event? {
    if failure.code == .credentialDead { return .keyRefused }
    return failure.code.countsAsFault ? .requestFailed : nil
  }
}
