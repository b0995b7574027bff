import Fleet
import Telemetry

/// The history with what of it is not written yet: a value that says what to write.
struct DemandKeeper {
  private(set) var history = DemandHistory()
  private var changed: Set<String> = []

  private static let kind = "demand"

  /// What the state holds. `notes` hears of what cannot be read, at most once; the next records
  /// remove it.
  init(_ store: StateStore, at now: Int64, _ notes: inout [String]) {
    var broken: [String] = []
    for (model, value) in store.values(Self.kind) {
      guard let demand = DemandText.read(value) else {
        broken.append(model)
        continue
      }
      _ = history.restore(demand, of: model, at: now)
    }
    guard let first = broken.min() else { return }
    changed = Set(broken)
    notes.append(
      "how \(broken.count == 1 ? "'\(first)'" : "'\(first)' and \(broken.count - 1) other models")"
        + " was used before is forgotten: it is not what this version writes")
  }

  /// Adds requests at a moment in Unix seconds.
  mutating func add(_ requests: [String: UInt64], at now: Int64) {
    for (model, count) in requests {
      if let forgotten = history.add(count, of: model, at: now) { changed.insert(forgotten) }
      changed.insert(model)
    }
  }

  /// What to write, one record for each model that has changed. It is taken for written.
  mutating func takeRecords() -> [StateRecord] {
    defer { changed = [] }
    return changed.sorted().map { model in
      StateRecord(
        kind: Self.kind, key: model, value: history.models[model].flatMap(DemandText.json))
    }
  }
}
