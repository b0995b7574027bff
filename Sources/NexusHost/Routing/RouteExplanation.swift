import Drivers
import Fleet

/// The steps that can drop a candidate, in the order in which they run.
public enum RoutingStage: String, CaseIterable, Sendable {
  case model
  case operation
  case capability
  case health
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
  /// The backend is not up.
  case notUp(BackendHealth.State)
  /// The backend was taken out of use.
  case draining

  /// Stable name for headers, logs and error bodies.
  public var token: String {
    switch self {
    case .modelAbsent: "model_absent"
    case .operationUnsupported: "operation_unsupported"
    case .abilityMissing: "ability_missing"
    case .contextTooSmall: "context_too_small"
    case .notUp(let state): "backend_\(state.rawValue)"
    case .draining: "backend_draining"
    }
  }
}

/// How a plan came about: every backend exactly once, with what became of it.
public struct RouteExplanation: Sendable {
  /// What became of a backend.
  public enum Outcome: Equatable, Sendable {
    /// It will be tried; 0 is first.
    case kept(rank: Int, LoadReading)
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

  /// The model's name as the client wrote it.
  public let model: String
  /// In the order of the snapshot's members.
  public let entries: [Entry]

  /// The backends that have the model and were dropped, with their reasons: "a: backend_down".
  public var summary: String {
    entries.compactMap { entry -> String? in
      guard case .dropped(let stage, let reason) = entry.outcome, stage != .model else {
        return nil
      }
      return "\(entry.backend): \(reason.token)"
    }.joined(separator: ", ")
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
