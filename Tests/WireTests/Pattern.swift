/// Text of a case with `{{…}}` in it: bytes to send, or bytes to expect with wildcards.
struct Pattern: Equatable {
  enum Piece: Equatable {
    /// These bytes.
    case bytes([UInt8])
    /// Any bytes, as few as possible, kept under the name if there is one.
    case any(String?)
  }

  /// How a pattern stands against bytes that may still grow.
  enum Verdict: Equatable {
    /// The first `length` bytes match.
    case match(length: Int, captures: [String: [UInt8]])
    /// More bytes may make it match.
    case partial
    /// No further byte can help; the offset of the first that differs.
    case mismatch(at: Int)
  }

  var pieces: [Piece] = []

  /// Adds bytes, joined to those before them.
  mutating func append(_ bytes: some Sequence<UInt8>) {
    if case .bytes(let before)? = pieces.last {
      pieces[pieces.count - 1] = .bytes(before + bytes)
    } else {
      pieces.append(.bytes(Array(bytes)))
    }
  }

  mutating func append(_ other: Pattern) {
    for piece in other.pieces {
      if case .bytes(let bytes) = piece { append(bytes) } else { pieces.append(piece) }
    }
  }

  /// The bytes of a pattern without wildcards.
  func literal() throws(CaseFailure) -> [UInt8] {
    var all: [UInt8] = []
    for piece in pieces {
      guard case .bytes(let bytes) = piece else {
        throw CaseFailure("a wildcard cannot be sent")
      }
      all += bytes
    }
    return all
  }

  /// Whether the bytes start with the pattern. `ended` says that no byte will follow.
  func match(prefixOf bytes: ArraySlice<UInt8>, ended: Bool) -> Verdict {
    var place = bytes.startIndex
    var captures: [String: [UInt8]] = [:]
    var open: (name: String?, start: Int)?
    for piece in pieces {
      switch piece {
      case .any(let name):
        open = (name, place)
      case .bytes(let wanted):
        guard let start = find(wanted, in: bytes, from: place, floating: open != nil) else {
          return partialOrMismatch(wanted, in: bytes, from: place, open: open != nil, ended: ended)
        }
        if let open, let name = open.name { captures[name] = Array(bytes[open.start..<start]) }
        open = nil
        place = start + wanted.count
      }
    }
    if let open {
      guard ended else { return .partial }
      if let name = open.name { captures[name] = Array(bytes[open.start...]) }
      place = bytes.endIndex
    }
    return .match(length: place - bytes.startIndex, captures: captures)
  }

  /// Whether the pattern is the whole of the bytes; the captures if so, else the first difference.
  func match(all bytes: [UInt8]) -> Verdict {
    // The last literal after a wildcard belongs at the end, wherever else it may occur.
    if pieces.count > 1, case .bytes(let tail)? = pieces.last, tail.count <= bytes.count,
      bytes.suffix(tail.count).elementsEqual(tail)
    {
      let front = Pattern(pieces: pieces.dropLast())
      let verdict = front.match(prefixOf: bytes.dropLast(tail.count)[...], ended: true)
      if case .match(let length, let captures) = verdict, length == bytes.count - tail.count {
        return .match(length: bytes.count, captures: captures)
      }
      return verdict == .partial ? .mismatch(at: bytes.count) : verdict
    }
    switch match(prefixOf: bytes[...], ended: true) {
    case .match(let length, let captures) where length == bytes.count:
      return .match(length: length, captures: captures)
    case .match(let length, _): return .mismatch(at: length)
    case .partial: return .mismatch(at: bytes.count)
    case .mismatch(let offset): return .mismatch(at: offset)
    }
  }

  /// Where the wanted bytes stand at the place, or anywhere after it when they may float.
  private func find(
    _ wanted: [UInt8], in bytes: ArraySlice<UInt8>, from place: Int, floating: Bool
  ) -> Int? {
    var start = place
    while start + wanted.count <= bytes.endIndex {
      if bytes[start..<start + wanted.count].elementsEqual(wanted) { return start }
      guard floating else { return nil }
      start += 1
    }
    return nil
  }

  private func partialOrMismatch(
    _ wanted: [UInt8], in bytes: ArraySlice<UInt8>, from place: Int, open: Bool, ended: Bool
  ) -> Verdict {
    if open { return ended ? .mismatch(at: bytes.count) : .partial }
    let rest = bytes[place...]
    let common = zip(rest, wanted).prefix { $0 == $1 }.count
    let offset = place - bytes.startIndex + common
    return common == rest.count && !ended ? .partial : .mismatch(at: offset)
  }
}
