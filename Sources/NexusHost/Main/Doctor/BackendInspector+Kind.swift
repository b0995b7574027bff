import Config
import Control
import Drivers
import Fleet
import HTTP

// What a server is, and what it offers.
extension BackendInspector {
  /// The kind that it is used as. Says what answers instead, if it is none.
  func recognise(_ subject: Subject, _ index: Int) async -> BackendKind? {
    let identification = await identify(subject)
    let found = identification.best
    guard let type = subject.settings.type else {
      guard let found else {
        if !subject.isGuess { await unrecognised(subject, identification, index) }
        return nil
      }
      tell(found.identity, subject, index)
      return BackendKind(type: found.identity.backendType, driver: found.driver)
    }
    // A type that no driver serves is told with the configuration.
    guard let driver = catalogue.driver(forType: type) else { return nil }
    if let found { tell(found.identity, subject, index) }
    return BackendKind(type: type, driver: driver)
  }

  private func tell(_ identity: ServerIdentity, _ subject: Subject, _ index: Int) {
    let version = identity.serverVersion.isEmpty ? "" : " \(identity.serverVersion)"
    let type = identity.backendType
    // Many kinds of servers can be used as these.
    let isFit = [nil, type, "generic", "openai"].contains(subject.settings.type)
    note(
      isFit ? .ok : .warn, "backend_type",
      isFit
        ? "it is \(type)\(version)"
        : "it is \(type)\(version), but configured as \(subject.settings.type ?? "")",
      fix: isFit ? nil : "set type = \"\(type)\", or leave the type out", subject, index)
  }

  private func unrecognised(
    _ subject: Subject, _ identification: Identification, _ index: Int
  ) async {
    let glimpse = await glimpse(subject)
    note(
      .fail, "backend_type", "no driver knows this server: \(glimpse.what)", fix: glimpse.fix,
      subject, index)
  }

  /// Asks all drivers at once.
  private func identify(_ subject: Subject) async -> Identification {
    let drivers = catalogue.drivers.filter { $0.supports(.identify) }
    let target = UpstreamTarget(
      endpoint: subject.settings.endpoint, credential: subject.credential)
    return await withTaskGroup(of: (Int, ExchangeOutcome).self) { group in
      for (order, driver) in drivers.enumerated() {
        group.addTask { [self] in
          let outcome = await runner.run(
            driver, DriverOperation(kind: .identify), at: target,
            deadline: min(Self.questionTime, remaining))
          return (order, outcome)
        }
      }
      var identification = Identification(remaining: drivers.count)
      for await (order, outcome) in group {
        identification.take(outcome, from: drivers[order], order: order)
      }
      return identification
    }
  }

  private func glimpse(_ subject: Subject) async -> (what: String, fix: String?) {
    let endpoint = subject.settings.endpoint
    let isSecure = endpoint.scheme == .https
    do throws(PlainCall.Failure) {
      let reply = try await PlainCall.fetch(
        Self.root(limit: 4_096), at: endpoint, over: questions)
      return ServerGlimpse.describe(.success(reply), isSecure: isSecure)
    } catch {
      return ServerGlimpse.describe(.failure(error), isSecure: isSecure)
    }
  }

  /// The models that it offers; nil if it cannot be used. Says why, and how many there are.
  func survey(_ subject: Subject, _ kind: BackendKind, _ index: Int) async -> [ModelReport]? {
    guard let driver = kind.driver else { return nil }
    let operation = DriverOperation(kind: .survey, backendType: kind.typeBytes)
    let outcome = await runner.run(
      driver, operation, at: Backend(subject.settings, credential: subject.credential).target,
      deadline: min(Self.questionTime, remaining))
    if let failure = outcome.failure {
      await tell(failure, subject, kind, index)
      return nil
    }
    switch outcome.reports.health?.state {
    case .failing:
      note(
        .fail, "backend_ready", "it says that it cannot work: \(detail(outcome))",
        fix: "look into the server's own log", subject, index)
      return nil
    case .loading:
      note(
        .warn, "backend_ready", "it is still loading: \(detail(outcome))",
        fix: "wait a while and ask again", subject, index)
      return nil
    case .ready, nil: break
    }
    let models = outcome.reports.models.filter { !$0.isUnavailable }
    tellModels(models, subject, kind, index)
    return models
  }

  private func detail(_ outcome: ExchangeOutcome) -> String {
    let detail = outcome.reports.health?.detail ?? ""
    return detail.isEmpty ? "it says no more" : detail
  }

  private func tell(
    _ failure: DriverFailure, _ subject: Subject, _ kind: BackendKind, _ index: Int
  ) async {
    switch failure.code {
    case .credentialDead:
      let settings = subject.settings
      let key = settings.keyVariable.map { "the key in $\($0)" } ?? settings.keyFile ?? "a key"
      let isThere = subject.credential != nil
      note(
        .fail, "backend_key",
        isThere ? "it refuses \(key): \(failure.message)" : "it wants a key: \(failure.message)",
        fix: isThere ? "put a valid key there" : "name one with api_key_env or api_key_file",
        subject, index)
    case .modelLoading:
      note(
        .warn, "backend_ready", "it is still loading: \(failure.message)",
        fix: "wait a while and ask again", subject, index)
    default:
      let glimpse = await glimpse(subject)
      note(
        .fail, "backend_ready",
        "as \(kind.type) it cannot be used: \(failure.message); \(glimpse.what)",
        fix: glimpse.fix, subject, index)
    }
  }

  private func tellModels(
    _ models: [ModelReport], _ subject: Subject, _ kind: BackendKind, _ index: Int
  ) {
    let names = models.prefix(3).map(\.id).joined(separator: ", ")
    let rest = models.count > 3 ? " and \(models.count - 3) more" : ""
    let pull = kind.type == "ollama" ? "get one: ollama pull llama3.2:1b" : "load one in the server"
    note(
      models.isEmpty ? .warn : .ok, "backend_models",
      models.isEmpty ? "it has no models" : "models: \(names)\(rest)",
      fix: models.isEmpty ? pull : nil, subject, index)
    let absent = (subject.settings.models ?? []).filter { wanted in
      !models.contains { $0.id == wanted || $0.alias == wanted }
    }
    if !absent.isEmpty {
      note(
        .warn, "backend_models",
        "it does not list what 'models' names: \(absent.joined(separator: ", "))",
        fix: "correct the names, or load those models", subject, index)
    }
  }
}
