import Fleet

/// When models that `keep_warm` names are loaded: a value that is told what became of them.
struct WarmKeeping {
  /// A model on a backend.
  struct Place: Hashable {
    var backend: String
    var model: String
  }

  private struct Failure {
    var count: Int
    var due: UInt64
  }

  /// Unloaded by somebody, who does not want to see them back at once.
  private var held: Set<Place> = []
  private var failures: [Place: Failure] = [:]

  /// The first pause after a failure, in milliseconds; it doubles up to the longest.
  static let firstPause: UInt64 = 60_000
  static let longestPause: UInt64 = 3_600_000

  /// Whether the model may be loaded at `now`.
  func mayLoad(_ place: Place, at now: UInt64) -> Bool {
    !held.contains(place) && (failures[place].map { $0.due <= now } ?? true)
  }

  /// When a pause ends next.
  func nextWake(after now: UInt64) -> UInt64? {
    failures.values.map(\.due).filter { $0 > now }.min()
  }

  /// A load failed.
  mutating func failed(_ place: Place, at now: UInt64) {
    let count = failures[place]?.count ?? 0
    let pause = min(Self.longestPause, Self.firstPause << UInt64(min(count, 6)))
    failures[place] = Failure(count: count + 1, due: now + pause)
  }

  /// The rules have changed, of a backend or of all: what failed may succeed now.
  mutating func forgive(_ backend: String? = nil) {
    failures = backend == nil ? [:] : failures.filter { $0.key.backend != backend }
  }

  /// Somebody unloaded it.
  mutating func hold(_ place: Place) { held.insert(place) }

  /// It is in memory: what was before is forgotten.
  mutating func loaded(_ place: Place) {
    held.remove(place)
    failures[place] = nil
  }

  /// A backend is down: what comes back knows nothing of what was unloaded there.
  mutating func wentDown(_ backend: String) {
    held = held.filter { $0.backend != backend }
    failures = failures.filter { $0.key.backend != backend }
  }
}
