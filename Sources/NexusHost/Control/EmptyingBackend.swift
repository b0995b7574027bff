import Fleet

/// A backend that gets no new requests: watched until the last one there has ended, since somebody
/// waits for that to switch the server off.
struct EmptyingBackend {
  let name: String
  let load: BackendLoad
  /// Whether it has left the fleet; otherwise it is drained.
  let isRemoved: Bool
  /// When it is no longer watched, whatever is under way.
  let until: UInt64
  var nextLook: UInt64

  /// Time between two looks at its counter, in milliseconds.
  static let pause: UInt64 = 100
  /// How long a backend is watched, in milliseconds; the longest answers take minutes.
  static let longest: UInt64 = 900_000
}

extension FleetState {
  /// Starts to watch for the end of the last request there.
  mutating func watchEmptying(_ backend: Backend, isRemoved: Bool, now: UInt64) {
    guard backend.load.inFlight > 0 else { return }
    emptying.append(
      EmptyingBackend(
        name: backend.name, load: backend.load, isRemoved: isRemoved,
        until: now + EmptyingBackend.longest, nextLook: now + EmptyingBackend.pause))
  }

  /// Says which backends have no request under way any more.
  mutating func tellEmptied(_ now: UInt64) {
    var rest: [EmptyingBackend] = []
    for var backend in emptying {
      if backend.load.inFlight == 0 {
        actions.append(.tell(.emptied(name: backend.name, isRemoved: backend.isRemoved)))
      } else if now < backend.until {
        if backend.nextLook <= now { backend.nextLook = now + EmptyingBackend.pause }
        rest.append(backend)
      }
    }
    emptying = rest
  }
}
