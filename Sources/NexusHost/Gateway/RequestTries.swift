import Fleet

extension RequestRecord {
  /// The tries of a request, in order. Most requests have one, which needs no list.
  struct Tries {
    private var first: Try?
    private var others: [Try] = []

    var isEmpty: Bool { first == nil }
    var count: Int { first == nil ? 0 : 1 + others.count }
    var last: Try? { others.last ?? first }
    /// The model of the last, if it stands in for the one asked for.
    var lastFallback: Model? {
      // Asked so, since a try is much to copy.
      let isFallback = others.isEmpty ? first?.isFallback : others[others.count - 1].isFallback
      return isFallback == true ? last?.model : nil
    }
    /// All of them.
    var list: [Try] { first.map { [$0] + others } ?? [] }

    mutating func append(_ new: Try) {
      if first == nil { first = new } else { others.append(new) }
    }

    /// Changes the last, if there is one.
    mutating func changeLast(_ change: (inout Try) -> Void) {
      if others.isEmpty { first?.apply(change) } else { change(&others[others.count - 1]) }
    }

    /// Makes the one at that place the last.
    mutating func bringToEnd(_ place: Int) {
      var list = list
      guard list.indices.contains(place) else { return }
      list.append(list.remove(at: place))
      first = list.removeFirst()
      others = list
    }
  }
}
