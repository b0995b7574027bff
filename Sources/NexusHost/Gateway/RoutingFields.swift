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

  private static func isTrue(_ bytes: Span<UInt8>, _ value: Range<Int>) -> Bool {
    switch value.count {
    case 1: ByteSearch.equalsIgnoringCase(bytes, value, "1")
    case 4: ByteSearch.equalsIgnoringCase(bytes, value, "true")
    default: false
    }
  }
}
