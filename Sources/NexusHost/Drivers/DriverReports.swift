/// What a server is, as a driver recognised it.
public struct ServerIdentity: Equatable, Sendable {
  /// 1...100; the highest of all drivers wins.
  public var certainty: Int
  /// One of the driver's types.
  public var backendType: String
  /// As the server says it, or empty.
  public var serverVersion: String

  public init(certainty: Int, backendType: String, serverVersion: String = "") {
    self.certainty = certainty
    self.backendType = backendType
    self.serverVersion = serverVersion
  }
}

/// How a server is, as it says itself.
public struct ServerHealth: Equatable, Sendable {
  /// What it can do now.
  public enum State: UInt32, Sendable {
    /// Takes requests.
    case ready = 1
    /// Alive, not ready yet.
    case loading = 2
    /// Answers, and says that it cannot work.
    case failing = 3
  }

  public var state: State
  /// A short reason for people, or empty.
  public var detail: String
  /// As the server says it, or empty.
  public var serverVersion: String
  /// Memory for models, in bytes, all of it and what is free; 0 unknown.
  public var memoryTotal: UInt64 = 0
  public var memoryFree: UInt64 = 0

  public init(state: State, detail: String = "", serverVersion: String = "") {
    self.state = state
    self.detail = detail
    self.serverVersion = serverVersion
  }
}

/// What a model can do: the bits of `nexus_model.abilities`.
public struct Abilities: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let chat = Abilities(rawValue: 1)
  public static let completions = Abilities(rawValue: 2)
  public static let embeddings = Abilities(rawValue: 4)
  public static let vision = Abilities(rawValue: 8)
  public static let tools = Abilities(rawValue: 16)
  public static let reasoning = Abilities(rawValue: 32)
  public static let json = Abilities(rawValue: 64)
  public static let audio = Abilities(rawValue: 128)
  public static let rerank = Abilities(rawValue: 256)
}

/// Whether a model is in memory: the values of `nexus_model.state`.
public enum Residency: UInt32, Sendable {
  case unknown = 0
  case unloaded = 1
  case loading = 2
  case loaded = 3
  case failed = 4

  /// The name that listings use.
  public var name: String {
    switch self {
    case .unknown: "unknown"
    case .unloaded: "unloaded"
    case .loading: "loading"
    case .loaded: "loaded"
    case .failed: "failed"
    }
  }
}

/// One model that a server offers. Counts are 0 where unknown.
public struct ModelReport: Equatable, Sendable {
  /// What a request calls it; not empty.
  public var id: String
  /// A second name that requests may use, or empty.
  public var alias: String = ""
  /// Handle for unloading where it differs from the id, or empty.
  public var instance: String = ""
  public var residency: Residency = .unknown
  /// Computed on another party's machines though listed here.
  public var isRemote = false
  /// In a catalogue, but cannot be used as it is.
  public var isUnavailable = false
  /// Whether requests for it fail until it was loaded on purpose.
  public var needsLoad = false
  /// What it can do.
  public var abilities: Abilities = []
  /// The abilities whose presence or absence is known.
  public var abilitiesKnown: Abilities = []
  /// Requests that it serves at once.
  public var slots: Int = 0
  /// Window in force for a request, in tokens.
  public var contextTokens: UInt64 = 0
  /// Window that the model was trained for, in tokens.
  public var trainedTokens: UInt64 = 0
  /// Most tokens of one answer.
  public var outputTokens: UInt64 = 0
  /// Size as stored, in bytes.
  public var diskBytes: UInt64 = 0
  /// Size in memory, in bytes.
  public var memoryBytes: UInt64 = 0

  public init(id: String) { self.id = id }
}

/// What runs and waits in a server, as it counts itself; nil where it does not tell.
public struct LoadReport: Equatable, Sendable {
  /// The model that this is about; empty for the whole server.
  public var model: String
  /// Requests being worked on.
  public var running: Int?
  /// Requests queued inside the server.
  public var waiting: Int?
  /// Requests that it serves at once; 0 unknown.
  public var slots: Int
  /// KV cache in use, 0...1000.
  public var cachePermille: Int?

  public init(
    model: String = "", running: Int? = nil, waiting: Int? = nil, slots: Int = 0,
    cachePermille: Int? = nil
  ) {
    self.model = model
    self.running = running
    self.waiting = waiting
    self.slots = slots
    self.cachePermille = cachePermille
  }
}

/// Tokens of one request; nil where the server does not tell.
public struct TokenUsage: Equatable, Sendable {
  /// Prompt, cached part included.
  public var input: UInt64?
  /// Answer, reasoning included.
  public var output: UInt64?
  /// Part of the prompt found in a cache.
  public var cached: UInt64?
  /// Part of the answer that is reasoning.
  public var reasoning: UInt64?

  public init(
    input: UInt64? = nil, output: UInt64? = nil, cached: UInt64? = nil, reasoning: UInt64? = nil
  ) {
    self.input = input
    self.output = output
    self.cached = cached
    self.reasoning = reasoning
  }
}

/// How far a long job is.
public struct JobProgress: Equatable, Sendable {
  /// 0...1000.
  public var permille: Int
  /// A short phrase for people, or empty.
  public var detail: String

  public init(permille: Int, detail: String = "") {
    self.permille = permille
    self.detail = detail
  }
}

/// Every fact that a driver told during one exchange; of those that can be told once, the last.
public struct DriverReports: Equatable, Sendable {
  public var identity: ServerIdentity?
  public var health: ServerHealth?
  public var models: [ModelReport] = []
  public var loads: [LoadReport] = []
  public var usage: TokenUsage?
  /// Tokens of the body's prompt, the result of counting.
  public var tokens: UInt64?
  public var progress: JobProgress?

  public init() {}

  /// Forgets everything and keeps the arrays' room.
  mutating func reset() {
    identity = nil
    health = nil
    if !models.isEmpty { models.removeAll(keepingCapacity: true) }
    if !loads.isEmpty { loads.removeAll(keepingCapacity: true) }
    usage = nil
    tokens = nil
    progress = nil
  }
}
