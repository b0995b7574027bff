/// The facts that hold: a value, from records in the order of the journal.
struct StateContents: Sendable {
  private struct Name: Hashable {
    let kind: String
    let key: String
  }

  private struct Fact {
    let order: Int
    let record: StateRecord
  }

  private var facts: [Name: Fact] = [:]
  private var next = 0
  /// Bytes of a journal that says this and no more.
  private(set) var size = StateFrame.header.count

  init() {}

  init(_ records: [StateRecord]) {
    for record in records { _ = apply(record) }
  }

  var count: Int { facts.count }

  /// What a journal needs to say, in the order of first appearance.
  var records: [StateRecord] {
    facts.values.sorted { $0.order < $1.order }.map(\.record)
  }

  /// Takes the next record; false if it changes nothing.
  mutating func apply(_ record: StateRecord) -> Bool {
    let name = Name(kind: record.kind, key: record.key)
    let old = facts[name]
    guard old?.record.value != record.value else { return false }
    if let old { size -= StateFrame.size(of: old.record) }
    guard record.value != nil else {
      facts[name] = nil
      return true
    }
    size += StateFrame.size(of: record)
    facts[name] = Fact(order: old?.order ?? next, record: record)
    next += 1
    return true
  }
}
