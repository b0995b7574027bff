import HTTP
import Routing
import Text

/// The header fields by which a client says how it wants to be routed.
enum RoutingFields {
  /// What x-nexus-strict and x-nexus-flexible say; strict wins.
  static func mode(_ fields: [HTTPField], in bytes: Span<UInt8>) -> RequestFacts.Mode {
    var mode = RequestFacts.Mode.standard
    for field in fields {
      switch field.name.count {
      case 14 where ByteSearch.equalsIgnoringCase(bytes, field.name, "x-nexus-strict"):
        if isTrue(bytes, field.value) { return .strict }
      case 16 where ByteSearch.equalsIgnoringCase(bytes, field.name, "x-nexus-flexible"):
        if isTrue(bytes, field.value) { mode = .flexible }
      default: break
      }
    }
    return mode
  }

  /// What x-nexus-priority says; anything but "high" is normal.
  static func lane(_ fields: [HTTPField], in bytes: Span<UInt8>) -> WaitingRoom.State.Lane {
    for field in fields where field.name.count == 16 {
      if ByteSearch.equalsIgnoringCase(bytes, field.name, "x-nexus-priority") {
        let isHigh =
          field.value.count == 4 && ByteSearch.equalsIgnoringCase(bytes, field.value, "high")
        return isHigh ? .high : .normal
      }
    }
    return .normal
  }

  /// The value of x-nexus-session, by which a client names a conversation.
  static func session(_ fields: [HTTPField], in bytes: Span<UInt8>) -> Range<Int>? {
    for field in fields where field.name.count == 15 {
      if ByteSearch.equalsIgnoringCase(bytes, field.name, "x-nexus-session") { return field.value }
    }
    return nil
  }

  /// How many milliseconds the client waits for an answer: what x-request-timeout-ms says, or
  /// x-stainless-timeout, which OpenAI's and Anthropic's libraries send in seconds. Nil if neither
  /// says a positive number.
  static func patience(_ fields: [HTTPField], in bytes: Span<UInt8>) -> UInt64? {
    var least: UInt64?
    for field in fields {
      let unit: UInt64
      switch field.name.count {
      case 19 where ByteSearch.equalsIgnoringCase(bytes, field.name, "x-stainless-timeout"):
        unit = 1_000
      case 20 where ByteSearch.equalsIgnoringCase(bytes, field.name, "x-request-timeout-ms"):
        unit = 1
      default: continue
      }
      guard let amount = number(bytes, field.value, unit: unit), amount > 0 else { continue }
      least = min(least ?? .max, amount)
    }
    return least
  }

  /// A decimal number times `unit`, rounded down; nil if it is none.
  private static func number(
    _ bytes: Span<UInt8>, _ range: Range<Int>, unit: UInt64
  ) -> UInt64? {
    guard !range.isEmpty, range.count <= 12 else { return nil }
    var value: UInt64 = 0
    var part = unit
    var isFraction = false
    for index in range {
      let byte = bytes[index]
      if byte == UInt8(ascii: "."), !isFraction {
        isFraction = true
        continue
      }
      let digit = byte &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      if isFraction {
        part /= 10
        value += UInt64(digit) * part
      } else {
        value = value * 10 + UInt64(digit) * unit
      }
    }
    return value
  }

  private static func isTrue(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
    switch value.count {
    case 1: ByteSearch.equalsIgnoringCase(bytes, value, "1")
    case 4: ByteSearch.equalsIgnoringCase(bytes, value, "true")
    default: false
    }
  }
}
