import NexusPluginABI

/// What a model can do, as far as the server tells.
public struct Abilities: Equatable {
  public static let chat = UInt32(NEXUS_ABILITY_CHAT)
  public static let completions = UInt32(NEXUS_ABILITY_COMPLETIONS)
  public static let embeddings = UInt32(NEXUS_ABILITY_EMBEDDINGS)
  public static let vision = UInt32(NEXUS_ABILITY_VISION)
  public static let tools = UInt32(NEXUS_ABILITY_TOOLS)
  public static let reasoning = UInt32(NEXUS_ABILITY_REASONING)
  public static let json = UInt32(NEXUS_ABILITY_JSON)
  public static let audio = UInt32(NEXUS_ABILITY_AUDIO)
  public static let rerank = UInt32(NEXUS_ABILITY_RERANK)

  /// Bits that the model has.
  public private(set) var present: UInt32 = 0
  /// Bits whose presence or absence is known.
  public private(set) var known: UInt32 = 0

  public init() {}

  /// Notes that the model has, or has not, the abilities of `bits`.
  public mutating func set(_ bits: UInt32, _ has: Bool) {
    known |= bits
    present = has ? present | bits : present & ~bits
  }

  /// Notes abilities of which the server says true, false or nothing.
  public mutating func set(_ bits: UInt32, _ has: Bool?) {
    if let has { set(bits, has) }
  }

  /// Notes that the model makes vectors and nothing else.
  public mutating func setEmbeddingOnly() {
    let others =
      Self.chat | Self.completions | Self.vision | Self.tools | Self.reasoning | Self.json
    set(others, false)
    set(Self.embeddings, true)
  }
}

/// One model that a server offers. Numbers are 0 where the server does not tell.
public struct Model {
  /// Whether it is in memory, with the values of the ABI.
  public enum State: UInt32, Sendable {
    case unknown = 0
    case unloaded, loading, loaded, failed
  }

  /// What a request calls it.
  public var id: [UInt8]
  /// A second name that requests may use.
  public var alias: [UInt8] = []
  /// Handle for unloading where it differs from `id`.
  public var instance: [UInt8] = []
  public var state = State.unknown
  public var abilities = Abilities()
  /// Computed on another party's machines though listed here.
  public var isRemote = false
  /// In a catalogue, but cannot be used as it is.
  public var isUnavailable = false
  /// Requests fail until it was loaded on purpose.
  public var needsLoad = false
  /// Requests that it serves at once.
  public var slots: UInt64 = 0
  /// Window in force for a request, in tokens.
  public var context: UInt64 = 0
  /// Window that it was trained for, in tokens.
  public var trained: UInt64 = 0
  /// Most tokens of one answer.
  public var output: UInt64 = 0
  /// Size as stored, in bytes.
  public var disk: UInt64 = 0
  /// Size in memory, in bytes.
  public var memory: UInt64 = 0

  public init(_ id: [UInt8]) { self.id = id }

  /// Tells the host.
  public func report(_ sink: Sink) {
    var record = nexus_model()
    record.size = UInt32(MemoryLayout<nexus_model>.size)
    record.state = state.rawValue
    record.flags =
      (isRemote ? UInt32(NEXUS_MODEL_REMOTE) : 0)
      | (isUnavailable ? UInt32(NEXUS_MODEL_UNAVAILABLE) : 0)
      | (needsLoad ? UInt32(NEXUS_MODEL_NEEDS_LOAD) : 0)
    record.abilities = abilities.present
    record.abilities_known = abilities.known
    record.slots = UInt32(clamping: slots)
    record.context_tokens = context
    record.trained_tokens = trained
    record.output_tokens = output
    record.disk_bytes = disk
    record.memory_bytes = memory
    id.lend { id in
      alias.lend { alias in
        instance.lend { instance in
          record.id = id
          record.alias = alias
          record.instance = instance
          sink.report(UInt32(NEXUS_REPORT_MODEL), record)
        }
      }
    }
  }
}

/// The models found by a survey, in the order in which the server lists them.
public struct ModelList {
  /// The most models that a survey reports.
  public static let limit = 4096
  /// The longest name that is accepted, in bytes.
  public static let nameLimit = 512

  public var models: [Model] = []

  public init() {}

  /// Adds a model, unless its name cannot be used, is there already, or the list is full.
  public mutating func add(_ model: Model) {
    guard !model.id.isEmpty, model.id.count <= Self.nameLimit, models.count < Self.limit,
      index(of: model.id) == nil
    else { return }
    var model = model
    if model.alias == model.id || model.alias.count > Self.nameLimit { model.alias = [] }
    if model.instance.count > Self.nameLimit { model.instance = [] }
    models.append(model)
  }

  /// Where the model with that name is.
  public func index(of id: [UInt8]) -> Int? {
    for index in models.indices where models[index].id == id { return index }
    return nil
  }

  /// Tells the host of all of them.
  public func report(_ sink: Sink) {
    for model in models { model.report(sink) }
  }
}
