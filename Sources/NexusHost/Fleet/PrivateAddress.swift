import Glibc
import HTTP
import Net

extension Endpoint {
  /// Whether the host can only be in a network of one's own: an address that is not routed in the
  /// internet, or a name that is not looked up there. Other names count as public, since nobody
  /// knows where they will lead tomorrow.
  public var isPrivate: Bool {
    if isLoopback { return true }
    if let address = NumericAddress(host) { return address.isPrivate }
    // inet_aton takes what resolvers take, such as "10.1" and "167772161".
    var four = in_addr()
    if inet_aton(host, &four) != 0 {
      return NumericAddress(ipv4: UInt32(bigEndian: four.s_addr)).isPrivate
    }
    let name = host.hasSuffix(".") ? String(host.dropLast()) : host
    return !name.contains(".") || Self.privateEndings.contains { name.hasSuffix($0) }
  }

  /// Endings that the public name system does not know (RFC 6761, 6762, 8375 and common use).
  private static let privateEndings = [
    ".local", ".localhost", ".lan", ".internal", ".intranet", ".home", ".home.arpa",
  ]
}
