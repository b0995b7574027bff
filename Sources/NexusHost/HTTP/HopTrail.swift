import Text

/// The gateways that a request has passed, first to last, as its `x-nexus-hops` fields name them.
///
/// Only what has the form of a `GatewayID` counts; anything else in the fields is left out, so that
/// what is passed on is bounded whatever a client sends.
public struct HopTrail: Equatable, Sendable {
  /// Most gateways that a request may have passed.
  public static let limit = 8

  /// The ids, each followed by ", ".
  public private(set) var text: [UInt8] = []
  /// How many there are, also of those beyond the limit.
  public private(set) var count = 0

  /// Reads all such fields of a head.
  public init(_ fields: [HTTPField], in bytes: Span<UInt8>) {
    for field in fields
    where field.name.count == 12
      && ByteSearch.equalsIgnoringCase(bytes, field.name, "x-nexus-hops")
    {
      var list = ListElements(field.value)
      while let element = list.next(bytes) { add(element, bytes) }
    }
  }

  private mutating func add(_ element: Range<Int>, _ bytes: Span<UInt8>) {
    guard element.count == GatewayID.length else { return }
    for index in element where !Self.isDigit(bytes[index]) { return }
    count += 1
    guard count <= Self.limit else { return }
    for index in element { text.append(bytes[index]) }
    text.append(UInt8(ascii: ","))
    text.append(UInt8(ascii: " "))
  }

  /// Whether the request has passed that gateway; only told of trails within the limit.
  public func contains(_ id: GatewayID) -> Bool {
    let step = GatewayID.length + 2
    return stride(from: 0, to: text.count, by: step).contains { start in
      text[start..<start + GatewayID.length].elementsEqual(id.digits)
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10 || byte &- UInt8(ascii: "a") < 6
  }
}
