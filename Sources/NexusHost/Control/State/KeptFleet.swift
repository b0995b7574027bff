import Config

/// What commands have changed in the fleet, as the state keeps it beyond a restart. Any thread.
public struct KeptFleet: Sendable {
  private let store: StateStore
  /// Added backends by name; the value is what was said of it (`BackendJSON`).
  private static let added = "backend"
  /// Names of backends that were taken out of use; the value is `true`.
  private static let draining = "draining"

  public init(_ store: StateStore) { self.store = store }

  /// What is kept. `notes` hears what cannot be used any more, a sentence each.
  public func load(_ notes: inout [String]) -> FleetChanges {
    var changes = FleetChanges()
    for (name, value) in store.values(Self.added) {
      do {
        changes.added.append(try BackendJSON.read(value))
      } catch {
        notes.append("the backend '\(name)' that was added by command is forgotten: \(error)")
      }
    }
    changes.draining = Set(store.values(Self.draining).map(\.key))
    return changes
  }

  /// Keeps a backend that was added; returns when that is on the disk.
  public func add(_ backend: Settings.Backend) async throws(StateError) {
    // An end in the middle of `remove` leaves this of an earlier one.
    try await put(Self.draining, backend.name, nil)
    try await put(Self.added, backend.name, BackendJSON.json(backend))
  }

  /// Forgets a backend and that it was out of use.
  public func remove(_ name: String) async throws(StateError) {
    try await put(Self.added, name, nil)
    try await put(Self.draining, name, nil)
  }

  /// Keeps that a backend is out of use, or in use again.
  public func setDraining(_ isDraining: Bool, _ name: String) async throws(StateError) {
    try await put(Self.draining, name, isDraining ? Array("true".utf8) : nil)
  }

  private func put(
    _ kind: String, _ key: String, _ value: [UInt8]?
  ) async throws(StateError) {
    let failure = await withUnsafeContinuation {
      (continuation: UnsafeContinuation<StateError?, Never>) in
      store.put(StateRecord(kind: kind, key: key, value: value)) {
        continuation.resume(returning: $0)
      }
    }
    if let failure { throw failure }
  }
}
