/// Tells whether bytes that come bit by bit are UTF-8 (RFC 3629 §4), and says no at the first byte
/// with which they cannot be any more. A value.
///
/// Where a whole text is at hand, `UTF8Sequence` judges it a sequence at a time.
public struct UTF8Check: Sendable {
  /// Bytes of the present sequence that are still to come.
  private var awaited = 0
  /// Between what the next of them must lie: the first after a lead byte decides about overlong
  /// forms, surrogates and what lies above U+10FFFF.
  private var bounds: ClosedRange<UInt8> = 0x80...0xBF

  public init() {}

  /// Whether the text could end here.
  public var isComplete: Bool { awaited == 0 }

  /// Takes the next byte. Returns false if no text goes on like this.
  @inline(__always)
  public mutating func take(_ byte: UInt8) -> Bool {
    if awaited == 0 { return byte < 0x80 || begin(byte) }
    guard bounds.contains(byte) else { return false }
    awaited -= 1
    bounds = 0x80...0xBF
    return true
  }

  private mutating func begin(_ lead: UInt8) -> Bool {
    switch lead {
    case 0xC2...0xDF: awaited = 1
    case 0xE0...0xEF: awaited = 2
    case 0xF0...0xF4: awaited = 3
    default: return false
    }
    switch lead {
    case 0xE0: bounds = 0xA0...0xBF
    case 0xED: bounds = 0x80...0x9F
    case 0xF0: bounds = 0x90...0xBF
    case 0xF4: bounds = 0x80...0x8F
    default: break
    }
    return true
  }
}
