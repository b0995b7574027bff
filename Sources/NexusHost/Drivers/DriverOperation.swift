import NexusPluginABI

/// What the host can ask a driver to do: the values of `nexus_operation.kind`.
public enum OperationKind: UInt32, CaseIterable, Sendable {
  case identify = 1
  case survey = 2
  case chat = 3
  case completions = 4
  case embeddings = 5
  case rerank = 6
  case messages = 7
  case responses = 8
  case countTokens = 9
  case load = 10
  case unload = 11

  /// The name that notes, listings and logs use.
  public var name: String {
    switch self {
    case .identify: "identify"
    case .survey: "survey"
    case .chat: "chat"
    case .completions: "completions"
    case .embeddings: "embeddings"
    case .rerank: "rerank"
    case .messages: "messages"
    case .responses: "responses"
    case .countTokens: "count_tokens"
    case .load: "load"
    case .unload: "unload"
    }
  }

  /// Whether a client waits for an answer with a body, so that a driver may not finish silently.
  public var answersClient: Bool {
    switch self {
    case .chat, .completions, .embeddings, .rerank, .messages, .responses: true
    case .identify, .survey, .countTokens, .load, .unload: false
    }
  }
}

/// A set of operations, with the bits of `nexus_driver.operations`.
public struct OperationSet: OptionSet, Sendable, Hashable {
  public let rawValue: UInt64

  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The set that holds `kind` alone.
  public init(_ kind: OperationKind) { rawValue = 1 << UInt64(kind.rawValue) }

  /// Every operation that this host knows; a newer driver may declare more.
  public static let known = OperationSet(OperationKind.allCases.map(OperationSet.init))

  /// The operations in the order of their numbers.
  public var kinds: [OperationKind] {
    OperationKind.allCases.filter { contains(OperationSet($0)) }
  }

  /// Whether the set holds `kind`.
  public func contains(_ kind: OperationKind) -> Bool { contains(OperationSet(kind)) }
}

/// One thing to do, without the client's body, which goes beside it because it is only borrowed.
public struct DriverOperation: Sendable {
  /// What is asked for.
  public var kind: OperationKind
  /// Whether the client asked for a streamed answer.
  public var stream: Bool
  /// Which of the driver's types the backend is, UTF-8; in `identify` empty for "any".
  public var backendType: [UInt8]
  /// The name that the server knows the model by, UTF-8; empty where there is none.
  public var model: [UInt8]
  /// `model` as a JSON string with its quotes; empty if it stands so in the body.
  public var modelJSON: [UInt8]
  /// Where the value of the body's top-level `model` stands, quotes included; empty if nowhere.
  public var modelRange: Range<Int>

  public init(
    kind: OperationKind, stream: Bool = false, backendType: [UInt8] = [], model: [UInt8] = [],
    modelJSON: [UInt8] = [], modelRange: Range<Int> = 0..<0
  ) {
    self.kind = kind
    self.stream = stream
    self.backendType = backendType
    self.model = model
    self.modelJSON = modelJSON
    self.modelRange = modelRange
  }
}
