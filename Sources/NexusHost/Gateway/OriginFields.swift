import HTTP
import Text

/// The header fields that say where a request comes from, found in one pass.
struct OriginFields {
  /// The value of x-request-id, the first one's if there are several.
  private(set) var requestID: Range<Int>?
  /// Whether it has passed another gateway: there is an x-nexus-hops.
  private(set) var hasHops = false
  /// Whether another gateway asks what listens here, at a place that nobody named.
  private(set) var isDiscovery = false

  init(_ fields: [HTTPField], in bytes: Span<UInt8>) {
    for field in fields {
      switch field.name.count {
      case 12 where ByteSearch.equalsIgnoringCase(bytes, field.name, "x-request-id"):
        requestID = requestID ?? field.value
      case 12 where ByteSearch.equalsIgnoringCase(bytes, field.name, "x-nexus-hops"):
        hasHops = true
      case 17 where ByteSearch.equalsIgnoringCase(bytes, field.name, "x-nexus-discovery"):
        if field.value.count == 1, bytes[field.value.lowerBound] == UInt8(ascii: "1") {
          isDiscovery = true
        }
      default: break
      }
    }
  }

  /// Whether it comes from a gateway.
  var isSpecial: Bool { hasHops || isDiscovery }

  /// Refuses what comes from the gateway `id` itself, and what no gateway is to be asked. Returns the
  /// gateways that the request has passed, see `HopTrail.text`.
  func check(
    _ fields: [HTTPField], in bytes: Span<UInt8>, by id: GatewayID
  ) throws(APIError) -> [UInt8] {
    if isDiscovery { throw .notABackend }
    let trail = HopTrail(fields, in: bytes)
    if trail.contains(id) { throw .loop }
    if trail.count > HopTrail.limit { throw .tooManyHops(trail.count) }
    return trail.text
  }
}

extension APIError {
  /// 508: the request comes from this gateway, over others.
  static var loop: APIError {
    .refused(
      508, code: "loop_detected",
      "This request has passed this gateway before; a backend of it is a gateway that leads back"
        + " here. Take that backend out of one of the two.")
  }

  /// 508: the same was found out by a gateway behind this one.
  static func loop(behind message: String) -> APIError {
    .refused(508, code: "loop_detected", message)
  }

  /// 508: the request has passed more gateways than anybody puts behind each other on purpose.
  static func tooManyHops(_ count: Int) -> APIError {
    .refused(
      508, code: "loop_detected",
      "This request has passed \(count) gateways, and \(HopTrail.limit) are the most. Name the"
        + " servers themselves as backends instead of gateways that lead to gateways.")
  }

  /// 421: another gateway looks for servers at places that nobody named.
  static var notABackend: APIError {
    .refused(
      421, code: "not_a_backend",
      "This is a Nexus gateway, which is not found as a backend; name it as one if you want to"
        + " chain gateways.")
  }
}
