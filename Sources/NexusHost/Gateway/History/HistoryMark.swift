/// How far somebody has read the history: up to one entry, or up to one of each worker.
///
/// An entry comes into the history a moment after its end, so one of another worker that ended a
/// little earlier may come later. Who names the last entry of each worker therefore misses none.
struct HistoryMark {
  private var moments: [Int: UInt64] = [:]
  /// Everything up to here is read.
  let floor: HistoryEntry.Place

  /// Reads the ids of entries with commas between them; nil if one is none.
  init?(_ text: String) {
    var places: [HistoryEntry.Place] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let place = HistoryEntry.Place(String(part)) else { return nil }
      places.append(place)
      moments[place.worker] = max(moments[place.worker] ?? 0, place.moment)
    }
    guard let floor = places.min() else { return nil }
    self.floor = floor
  }

  /// Whether an entry there is still to be read.
  func isBefore(_ place: HistoryEntry.Place) -> Bool {
    moments[place.worker].map { place.moment > $0 } ?? (place > floor)
  }
}
