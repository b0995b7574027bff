/// A key that somebody pressed.
public enum TopKey: Equatable, Sendable {
  case letter(Character)
  case up, down, pageUp, pageDown, home, end
  case enter, escape, backspace
  /// Ctrl-L.
  case redraw
}

/// Makes keys of what a terminal sends (ECMA-48 §8.3.22 and following, xterm's control sequences).
public struct KeyReader: Sendable {
  private var pending: [UInt8] = []
  private static let longestSequence = 32

  public init() {}

  /// Whether bytes wait for more that would make them a key.
  public var isWaiting: Bool { !pending.isEmpty }

  /// The keys that these bytes complete.
  public mutating func read(_ bytes: [UInt8]) -> [TopKey] {
    var keys: [TopKey] = []
    for byte in bytes {
      if pending == [0x1B], byte != UInt8(ascii: "["), byte != UInt8(ascii: "O") {
        // Escape, and then another key.
        keys.append(.escape)
        pending = []
      }
      if let key = take(byte) { keys.append(key) }
    }
    return keys
  }

  /// Nothing has come for a while: an escape that nothing followed is the key.
  public mutating func pause() -> [TopKey] {
    defer { pending = [] }
    return pending == [0x1B] ? [.escape] : []
  }

  private mutating func take(_ byte: UInt8) -> TopKey? {
    if pending.first == 0x1B { return continueSequence(byte) }
    if !pending.isEmpty || byte >= 0x80 { return continueLetter(byte) }
    switch byte {
    case 0x1B:
      pending = [byte]
      return nil
    case 0x0D, 0x0A: return .enter
    case 0x7F, 0x08: return .backspace
    case 0x0C: return .redraw
    case 0x20...0x7E: return .letter(Character(Unicode.Scalar(byte)))
    default: return nil
    }
  }

  private mutating func continueSequence(_ byte: UInt8) -> TopKey? {
    pending.append(byte)
    guard pending.count > 2 else { return nil }
    guard (0x40...0x7E).contains(byte) else {
      if pending.count > Self.longestSequence { pending = [] }
      return nil
    }
    defer { pending = [] }
    switch pending.dropFirst(2) {
    case [UInt8(ascii: "A")]: return .up
    case [UInt8(ascii: "B")]: return .down
    case [UInt8(ascii: "H")], [UInt8(ascii: "1"), UInt8(ascii: "~")]: return .home
    case [UInt8(ascii: "F")], [UInt8(ascii: "4"), UInt8(ascii: "~")]: return .end
    case [UInt8(ascii: "5"), UInt8(ascii: "~")]: return .pageUp
    case [UInt8(ascii: "6"), UInt8(ascii: "~")]: return .pageDown
    default: return nil
    }
  }

  private mutating func continueLetter(_ byte: UInt8) -> TopKey? {
    if !pending.isEmpty, byte & 0xC0 != 0x80 {
      pending = []
      return take(byte)
    }
    pending.append(byte)
    guard let text = String(validating: pending, as: UTF8.self) else {
      if pending.count >= 4 { pending = [] }
      return nil
    }
    pending = []
    return text.first.map { .letter($0) }
  }
}
