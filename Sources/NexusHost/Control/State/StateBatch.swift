/// Records that are written together: what they change, and what holds with them.
struct StateBatch: Sendable {
  let records: [StateRecord]
  private(set) var contents: StateContents
  /// Those that change something, in order.
  private(set) var changes: [StateRecord] = []
  /// For each record why it cannot be taken, or nil.
  private(set) var refusals: [StateError?] = []

  /// All facts together may have so many bytes.
  static let largestContents = 16 << 20

  init(_ records: [StateRecord], on contents: StateContents) {
    self.records = records
    self.contents = contents
    for record in records { refusals.append(take(record)) }
  }

  private mutating func take(_ record: StateRecord) -> StateError? {
    let size = contents.size + StateFrame.size(of: record)
    guard record.value == nil || size <= Self.largestContents else {
      return .unsuitable(key: record.key, why: "there are more than 16 MiB of facts already")
    }
    if contents.apply(record) { changes.append(record) }
    return nil
  }
}
