/// How far the history has been read, worker by worker, so that every request is seen once and it is
/// known how many were not.
public struct HistoryCursor: Sendable {
  private struct Mark {
    let id: String
    let number: Int64
  }

  private var marks: [Int: Mark] = [:]
  /// Whether a worker without a mark has served nothing yet.
  private var knowsAll: Bool

  /// Begins with what the history holds now, the oldest first: that counts as seen.
  public init(at items: [HistoryItem]) {
    knowsAll = false
    var first: [Int: Int64] = [:]
    for item in items {
      first[item.worker] = min(first[item.worker] ?? .max, item.number)
      note(item)
    }
    knowsAll = first.values.allSatisfy { $0 == 1 }
  }

  /// What `after` is to be for what is new; nil for everything.
  public var after: String? {
    marks.isEmpty ? nil : marks.sorted { $0.key < $1.key }.map(\.value.id).joined(separator: ",")
  }

  /// Whether the entry ended before the last that is known of its worker, or is that.
  public func isPast(_ item: HistoryItem) -> Bool {
    marks[item.worker].map { item.number <= $0.number } ?? !knowsAll
  }

  /// Takes what is new, the oldest first; gives what had not been seen, and how many requests ended
  /// in between that the history has forgotten.
  public mutating func take(_ items: [HistoryItem]) -> (fresh: [HistoryItem], missed: Int64) {
    var fresh: [HistoryItem] = []
    var missed: Int64 = 0
    for item in items {
      if let last = marks[item.worker]?.number ?? (knowsAll ? 0 : nil) {
        guard item.number > last else { continue }
        missed += item.number - last - 1
      }
      fresh.append(item)
      note(item)
    }
    return (fresh, missed)
  }

  private mutating func note(_ item: HistoryItem) {
    if let mark = marks[item.worker], mark.number >= item.number { return }
    marks[item.worker] = Mark(id: item.id, number: item.number)
  }
}
