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

  public var isEmpty: Bool { places.isEmpty }
  public var isFull: Bool { places.count == Self.most }

  /// Adds a place; of those of one backend the longest counts, and of five the four longest.
  public mutating func add(_ place: Place) {
    guard place.bytes > 0 else { return }
    if let known = places.firstIndex(where: { $0.backend == place.backend }) {
      guard places[known].bytes < place.bytes else { return }
      places.remove(at: known)
    } else if isFull {
      guard places[Self.most - 1].bytes < place.bytes else { return }
      places.removeLast()
    }
    let index = places.firstIndex { $0.bytes < place.bytes } ?? places.endIndex
    places.insert(place, at: index)
  }

  /// Bytes of the prompt that are thought to be in a cache of the backend.
  public func bytes(at backend: UInt64) -> UInt64 {
    for place in places where place.backend == backend { return place.bytes }
    return 0
  }

  /// The same places, for a prompt that has `whole` bytes in the measure of the places and is known
  /// by `size` to routing. What was found counts JSON, the size counts text alone.
  public func scaled(from whole: UInt64, to size: PromptSize) -> WarmPlaces {
    guard whole > 0, size.bytes > 0 else { return self }
    var scaled = self
    for index in scaled.places.indices {
      let bytes = scaled.places[index].bytes
      // An image is most of the bytes and none of the text, so no share of the whole says anything.
      scaled.places[index].bytes =
        size.images > 0
        ? min(bytes, size.bytes)
        : UInt64(Double(bytes) / Double(whole) * Double(size.bytes))
    }
    return scaled
  }
}
