import Config
import Drivers
import Fleet

/// The steps that can drop a candidate, in the order in which they run.
public enum RoutingStage: String, CaseIterable, Sendable {
  case model
  case operation
  case capability
  case privacy
  case tier
  case budget
  case lifecycle
  case health
  case circuit
  case quality
  case capacity

  /// Its place among all, from 0.
  public var number: Int {
    switch self {
    case .model: 0
    case .operation: 1
    case .capability: 2
    case .privacy: 3
    case .tier: 4
    case .budget: 5
    case .lifecycle: 6
    case .health: 7
    case .circuit: 8
    case .quality: 9
    case .capacity: 10
    }
  }
}

/// Why a candidate was dropped.
public enum DropReason: Equatable, Sendable {
  /// The backend does not list the model, or cannot be used with it.
  case modelAbsent
  /// The backend's driver cannot do that.
  case operationUnsupported(OperationKind)
  /// The model is known to lack these.
  case abilityMissing(Abilities)
  /// Its window is smaller than the prompt; its size in tokens.
  case contextTooSmall(UInt64)
  /// The prompt would reach a zone that is less trusted than the one demanded.
  case zoneForbidden(Settings.Zone, demanded: Settings.Zone)
  /// The backend's tier is lower than the one demanded.
  case tierTooLow(Int, demanded: Int)
  /// The month's budget does not allow it.
  case budgetExhausted
  /// It would cost more than a policy allows; both in micro-dollars.
  case tooExpensive(Int64, most: Int64)
  /// The model is not in memory there, and must not be brought there.
  case neverLoad
  /// The model is not in memory there, and neither a request nor the gateway brings it there.
  case notLoaded
  /// The backend was taken out of use.
  case draining
  /// The backend is not up.
  case notUp(BackendHealth.State)
  /// It has failed a moment ago, or said that it cannot.
  case circuitOpen(CircuitOpening)
  /// It fails too often, and others can serve; the share of failures in per cent.
  case tooManyErrors(Int)
  /// It has as many requests as it may.
  case full(Int)

  /// Stable name for headers, logs and error bodies.
  public var token: String {
    switch self {
    case .modelAbsent: "model_absent"
    case .operationUnsupported: "operation_unsupported"
    case .abilityMissing(let abilities):
      abilities.names.map { "missing_capability:\($0)" }.joined(separator: "+")
    case .contextTooSmall: "missing_capability:context_length"
    case .zoneForbidden: "privacy_zone_mismatch"
    case .tierTooLow: "tier_below_minimum"
    case .budgetExhausted: "budget_exceeded"
    case .tooExpensive: "cost_exceeds_policy"
    case .neverLoad: "never_load"
    case .notLoaded: "model_not_loaded"
    case .draining: "backend_draining"
    case .notUp(.loading): "model_loading"
    case .notUp: "unhealthy"
    case .circuitOpen: "circuit_open"
    case .tooManyErrors: "error_rate_exceeded"
    case .full: "backend_full"
    }
  }

  /// What would have to change, for people.
  public var remedy: String {
    switch self {
    case .modelAbsent: "load the model there"
    case .operationUnsupported: "use a backend of a type that supports it"
    case .abilityMissing: "use a model that has it"
    case .contextTooSmall(let tokens): "shorten the prompt to \(tokens) tokens"
    case .zoneForbidden(_, let demanded): "add a backend of zone \(demanded.rawValue)"
    case .tierTooLow(let tier, _): "send x-nexus-flexible: true to accept tier \(tier)"
    case .budgetExhausted: "wait for the next month, or raise monthly_limit_usd"
    case .tooExpensive: "shorten the prompt, lower max_tokens, or raise max_cost_per_request"
    case .neverLoad: "load it on the server itself, or take it out of never_load"
    case .notLoaded: "load it on the server itself"
    case .draining: "wait until the backend is in use again"
    case .notUp(.loading): "try again when it has loaded"
    case .notUp: "check the server"
    case .circuitOpen(let opening): opening.remedy
    case .tooManyErrors: "check the server, or raise error_rate_threshold"
    case .full(let limit): "try again soon, or raise max_concurrent above \(limit)"
    }
  }
}

/// How a plan came about: for the model asked for and for each fallback, every backend exactly once,
/// with what became of it.
public struct RouteExplanation: Sendable {
  /// What became of a backend.
  public enum Outcome: Equatable, Sendable {
    /// It may serve; 0 is the first choice. With its score, if the strategy looks at that.
    case kept(rank: Int, LoadReading, Score?)
    /// It could have served and was not chosen; how it compares was not looked at or not recorded.
    /// Only of plans of the past.
    case notChosen
    /// It was dropped there.
    case dropped(RoutingStage, DropReason)
  }

  /// A backend and its outcome.
  public struct Entry: Equatable, Sendable {
    /// The backend's name.
    public let backend: String
    /// The id of the model there, or nil if it has none of that name.
    public let model: String?
    public let outcome: Outcome
  }

  /// What became of a model that the request may be served with.
  public struct Step: Sendable {
    /// The name that backends list.
    public let model: String
    /// Aliases that led to it, from the name asked for or from the one in the chain.
    public let hops: [String]
    /// Patterns of the policies that hold, in the order of their declaration.
    public let policies: [String]
    /// The least trusted zone that the prompt may reach.
    public let zone: Settings.Zone
    /// The lowest tier that a policy demands, or nil.
    public let minTier: Int?
    /// In the order of the snapshot's members.
    public let entries: [Entry]
  }

  /// The model's name as the client wrote it.
  public let model: String
  /// The model asked for, then its fallbacks in order; never empty.
  public let steps: [Step]

  /// The model that the name asked for means.
  public var resolved: String { steps[0].model }

  /// The backends with regard to the model asked for, in the order of the snapshot's members.
  public var entries: [Entry] { steps[0].entries }

  /// The backends that have a model of the request and were dropped, with their reasons, each once:
  /// "a: unhealthy".
  public var summary: String {
    refusals.map { "\($0.backend): \($0.reason.token)" }.joined(separator: ", ")
  }

  /// A backend that has a model of the request and was dropped.
  public struct Refusal: Equatable, Sendable {
    public let backend: String
    /// The id of the model there.
    public let model: String
    public let stage: RoutingStage
    public let reason: DropReason
  }

  /// All refusals, those of the model asked for first.
  public var refusals: [Refusal] {
    steps.flatMap { step in
      step.entries.compactMap { entry -> Refusal? in
        guard case .dropped(let stage, let reason) = entry.outcome, let model = entry.model else {
          return nil
        }
        return Refusal(backend: entry.backend, model: model, stage: stage, reason: reason)
      }
    }
  }
}

extension Abilities {
  /// The names of the abilities, for messages.
  public var names: [String] {
    let all: [(Abilities, String)] = [
      (.chat, "chat"), (.completions, "completions"), (.embeddings, "embeddings"),
      (.vision, "vision"), (.tools, "tools"), (.reasoning, "reasoning"), (.json, "json"),
      (.audio, "audio"), (.rerank, "rerank"),
    ]
    return all.filter { contains($0.0) }.map(\.1)
  }
}

extension CircuitOpening {
  /// Whole seconds that are left, at least 1.
  public var seconds: Int { max(1, Int(clamping: left / 1_000 + (left % 1_000 > 0 ? 1 : 0))) }

  /// What would have to change, for people.
  var remedy: String {
    switch cause {
    case .keyRefused: "the server refuses its key: check it"
    case .rateLimited: "the server limits the rate: wait \(seconds) s"
    case .overloaded: "the server is overloaded: wait \(seconds) s"
    case .loading: "the model is loading: wait \(seconds) s"
    case .absent: "the server does not know the model: load it there"
    case .unreachable: "no connection came about: check the server, or wait \(seconds) s"
    case .failing: "its last answers failed: check the server, or wait \(seconds) s"
    }
  }
}
