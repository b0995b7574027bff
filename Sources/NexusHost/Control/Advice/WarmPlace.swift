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
    /// What it takes in memory, or on disk; 0 unknown.
    public var bytes: UInt64 = 0
    /// Requests for it that are under way there.
    public var inFlight = 0
    /// Requests that it serves at once; 0 unknown.
    public var slots = 0
    /// Milliseconds that it takes to come into memory; 0 unknown.
    public var loadTime = 0.0

    public init(_ model: String, isLoaded: Bool = false, bytes: UInt64 = 0) {
      self.model = model
      self.isLoaded = isLoaded
      self.bytes = bytes
    }
  }

  public var name: String
  /// Whether requests are sent there.
  public var isUp = true
  /// Whether it loads models when it is told to.
  public var loadsOnCommand = true
  /// Whether a model is being brought in or out at the moment.
  public var isBusy = false
  /// Memory for models in bytes; 0 unknown.
  public var memory: UInt64 = 0
  /// What of that is free, as the server says; nil if it does not.
  public var reportedFree: UInt64?
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

  /// Bytes of what is in memory or on its way there.
  var taken: UInt64 {
    entries.reduce(0) { $1.isLoaded || $1.isLoading ? $0.addingSaturating($1.bytes) : $0 }
  }

  /// Free bytes; nil if nobody knows.
  var free: UInt64? {
    if let reportedFree { return reportedFree }
    return memory > 0 ? memory - min(memory, taken) : nil
  }

  /// Whether any model is in memory or on its way there.
  var isEmpty: Bool { !entries.contains { $0.isLoaded || $0.isLoading } }
}

/// Whether a model finds room somewhere.
enum Fit: Comparable {
  /// So many bytes stay free beyond what is to stay free.
  case room(spare: UInt64)
  /// Nobody knows; so many bytes are taken.
  case unknown(taken: UInt64)
  case none

  /// By the rule of the lifecycle: size, headroom and buffer must fit into what is free, or, where
  /// size or memory are unknown, not too much may be taken already.
  init(_ bytes: UInt64, in place: WarmPlace, _ rules: MemoryRules) {
    guard bytes > 0, let free = place.free else {
      self = place.taken > rules.heuristicBytes ? .none : .unknown(taken: place.taken)
      return
    }
    let kept = UInt64(Double(max(place.memory, free)) * rules.keptShare)
    let need = bytes.addingSaturating(kept)
    self = need <= free ? .room(spare: free - need) : .none
  }

  /// Better is less: known room before unknown, more before less.
  static func < (first: Fit, second: Fit) -> Bool {
    switch (first, second) {
    case (.room(let first), .room(let second)): first > second
    case (.unknown(let first), .unknown(let second)): first < second
    case (.none, _): false
    case (_, .none): true
    case (.room, .unknown): true
    case (.unknown, .room): false
    }
  }
}

extension UInt64 {
  func addingSaturating(_ other: UInt64) -> UInt64 {
    let (sum, isOver) = addingReportingOverflow(other)
    return isOver ? .max : sum
  }
}
