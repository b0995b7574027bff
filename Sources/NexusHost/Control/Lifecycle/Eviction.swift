/// Which models leave a backend's memory for another one.
///
/// The value of a model is what bringing it back costs by how soon that will be wanted:
///
///     load time × (1 / time since it was last answered + requests / time that it has been known)
///
/// Those of least value go first until the new one fits; then each that turned out not to be needed
/// for that stays, the most valuable first.
enum Eviction {
  /// A model that may go.
  struct Candidate: Equatable {
    var id: String
    var bytes: UInt64
    var value: Double

    init(id: String, bytes: UInt64, value: Double) {
      self.id = id
      self.bytes = bytes
      self.value = value
    }

    /// `load`: milliseconds that it takes to come back. `idle`: milliseconds since it was last
    /// answered, or since it is known. `requests` were there in `known` milliseconds.
    init(id: String, bytes: UInt64, load: Double, idle: UInt64, requests: UInt64, known: UInt64) {
      self.id = id
      self.bytes = bytes
      value =
        load * (1 / Double(max(idle, 1)) + Double(requests) / Double(max(known, 1)))
    }
  }

  /// The ids of those that go, least valuable first; nil if it does not fit without all of them
  /// either.
  static func choose(
    _ candidates: [Candidate], fits: (_ freed: UInt64) -> Bool
  ) -> [String]? {
    let order = candidates.sorted { ($0.value, $0.id) < ($1.value, $1.id) }
    var chosen: [Candidate] = []
    var freed: UInt64 = 0
    for candidate in order where !fits(freed) {
      chosen.append(candidate)
      freed &+= candidate.bytes
    }
    guard fits(freed) else { return nil }
    for candidate in chosen.reversed() where fits(freed &- candidate.bytes) {
      freed &-= candidate.bytes
      chosen.removeAll { $0 == candidate }
    }
    return chosen.map(\.id)
  }
}
