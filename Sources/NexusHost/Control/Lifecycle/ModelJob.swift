/// A change of where a model is in memory: what was asked for and how it stands. A value; its manager
/// makes the next one.
public struct ModelJob: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case load, unload, migrate
  }

  public enum State: String, Sendable {
    /// Waits for another one to end at the same backend.
    case pending
    case inProgress = "in_progress"
    case completed
    case failed
    case cancelled

    /// Whether nothing more comes of it.
    public var isOver: Bool { self == .completed || self == .failed || self == .cancelled }
  }

  /// Who wants it.
  public enum Cause: String, Sendable {
    /// Somebody, by the API or a command.
    case command
    /// A request that waits for the model.
    case request
    /// `backends[].keep_warm`.
    case keepWarm = "keep_warm"
    /// `fleet.prewarm`.
    case prewarm
    /// Another job, which needs the memory.
    case room
  }

  /// "op-" and sixteen hexadecimal digits; never given twice.
  public let id: String
  public let kind: Kind
  /// Id of the model.
  public let model: String
  /// Name of the backend that has it: of an unload and a migration.
  public let source: String?
  /// Name of the backend that is to have it: of a load and a migration.
  public let target: String?
  public let cause: Cause
  public var state: State
  /// 0 to 1000 as the server reports it; nil if it does not.
  public var permille: Int?
  /// What happens at the moment, or has come of it, in words.
  public var detail: String
  /// Milliseconds until it should be over, as far as that can be guessed.
  public var remaining: Int?
  /// Unix milliseconds.
  public let started: Int64
  /// Unix milliseconds; nil while it is not over.
  public var finished: Int64?
  /// Why it failed, in words: nil unless it did.
  public var failure: String?
  /// Models that were unloaded to make room.
  public var unloaded: [String] = []

  public init(
    id: String, kind: Kind, model: String, source: String? = nil, target: String? = nil,
    cause: Cause = .command, state: State = .pending, detail: String = "", started: Int64
  ) {
    self.id = id
    self.kind = kind
    self.model = model
    self.source = source
    self.target = target
    self.cause = cause
    self.state = state
    self.detail = detail
    self.started = started
  }
}
