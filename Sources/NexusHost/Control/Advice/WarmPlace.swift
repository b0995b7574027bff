/// A backend as advice sees it: what is in its memory, what could be, and how busy it is. A value, so
/// that the same rules play against imitated servers.
public struct WarmPlace: Equatable, Sendable {
  /// A model that it lists.
  public struct Entry: Equatable, Sendable {
    public var model: String
    public var isLoaded: Bool
    /// On its way into memory.
    public var isLoading = false
    /// Whether it may be loaded there: nothing forbids it, and it is computed there.
    public var isLoadable = true
    /// Whether it is to stay in memory there.
    public var isKept = false
    /// What it takes in memory.
    var need: MemoryEstimate.Need
    /// Requests for it that are under way there.
    public var inFlight = 0
    /// Requests that it serves at once; 0 unknown.
    public var slots = 0
    /// Milliseconds that it takes to come into memory; 0 unknown.
    public var loadTime = 0.0

    /// `bytes`: what it takes in memory as far as anybody can guess; 0 unknown.
    public init(_ model: String, isLoaded: Bool = false, bytes: UInt64 = 0) {
      self.init(model, isLoaded: isLoaded, MemoryEstimate.Need(bytes: bytes, isSeen: false))
    }

    init(_ model: String, isLoaded: Bool, _ need: MemoryEstimate.Need) {
      self.model = model
      self.isLoaded = isLoaded
      self.need = need
    }
  }

  public var name: String
  /// Whether requests are sent there.
  public var isUp = true
  /// Whether it loads models when it is told to.
  public var loadsOnCommand = true
  /// Whether a model is being brought in or out at the moment.
  public var isBusy = false
  /// Memory for models in bytes as it is configured; 0 unknown.
  public var memory: UInt64 = 0
  /// The same as the server tells it, and what of that is free.
  var toldMemory: UInt64 = 0
  var toldFree: UInt64 = 0
  /// Requests that are under way there, of this gateway and of others.
  public var inFlight = 0
  /// Milliseconds since the last request was sent there, or since anybody looks.
  public var idle = UInt64.max
  public var entries: [Entry] = []

  public init(_ name: String, memory: UInt64 = 0, entries: [Entry] = []) {
    self.name = name
    self.memory = memory
    self.entries = entries
  }

  /// The model with that id, if it is listed.
  public subscript(model: String) -> Entry? { entries.first { $0.model == model } }

  /// What is known of its memory.
  var estimate: MemoryEstimate {
    MemoryEstimate(
      configured: memory, total: toldMemory, free: toldFree,
      models: entries.filter { $0.isLoaded || $0.isLoading }.map(\.need.bytes))
  }

  /// Whether any model is in memory or on its way there.
  var isEmpty: Bool { !entries.contains { $0.isLoaded || $0.isLoading } }
}
