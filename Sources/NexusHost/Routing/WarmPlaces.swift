import Fleet

/// Where beginnings of the prompt have been computed lately, and how much of it: the places at which
/// a conversation is best continued. At most four.
public struct WarmPlaces: Equatable, Sendable {
  /// Where, and how many bytes of the prompt from its beginning are thought to be in a cache there.
  public struct Place: Equatable, Sendable {
    /// `Backend.key`.
    public var backend: UInt64
    public var bytes: UInt64

    public init(backend: UInt64, bytes: UInt64) {
      self.backend = backend
      self.bytes = bytes
    }
  }

  /// The longest beginning first.
  public private(set) var places: [Place] = []
  public static let most = 4

  public init() {}

  /// Adds a place; of those of one backend the longest counts.
  public mutating func add(_ place: Place) {
    guard !places.contains(where: { $0.backend == place.backend }), places.count < Self.most else {
      return
    }
    places.append(place)
  }

  /// Bytes of the prompt that are thought to be in a cache of the backend.
  public func bytes(at backend: UInt64) -> UInt64 {
    places.first { $0.backend == backend }?.bytes ?? 0
  }
}
