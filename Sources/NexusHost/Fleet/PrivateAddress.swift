import Glibc
import HTTP

extension Endpoint {
  /// Whether the host can only be in a network of one's own: an address that is not routed in the
  /// internet, or a name that is not looked up there. Other names count as public, since nobody
  /// knows where they will lead tomorrow.
  public var isPrivate: Bool {
    if isLoopback { return true }
    // inet_aton takes what resolvers take, such as "10.1" and "167772161".
    var four = in_addr()
    if inet_aton(host, &four) != 0 {
      return PrivateAddress.contains(UInt32(bigEndian: four.s_addr))
    }
    var six = in6_addr()
    if inet_pton(AF_INET6, host.prefix { $0 != "%" }.description, &six) == 1 {
      return PrivateAddress.contains(six.__in6_u.__u6_addr32)
    }
    return PrivateAddress.contains(name: host)
  }
}

/// Which addresses and names lie in networks of one's own.
private enum PrivateAddress {
  private static let blocks: [(address: UInt32, bits: UInt32)] = [
    (0x0A00_0000, 8), (0xAC10_0000, 12), (0xC0A8_0000, 16),  // RFC 1918
    (0x7F00_0000, 8), (0xA9FE_0000, 16),  // loopback, link-local
    (0x6440_0000, 10),  // RFC 6598: behind a carrier's NAT, and overlay networks of one's own
  ]

  static func contains(_ address: UInt32) -> Bool {
    blocks.contains { address >> (32 - $0.bits) == $0.address >> (32 - $0.bits) }
  }

  /// The four words of an IPv6 address, in network order.
  static func contains(_ words: (UInt32, UInt32, UInt32, UInt32)) -> Bool {
    let first = UInt32(bigEndian: words.0)
    // Unique local (RFC 4193) and link-local addresses.
    if first >> 25 == 0xFC00_0000 >> 25 || first >> 22 == 0xFE80_0000 >> 22 { return true }
    guard words.0 == 0, words.1 == 0 else { return false }
    let last = UInt32(bigEndian: words.3)
    switch UInt32(bigEndian: words.2) {
    case 0: return last == 1
    // An IPv4 address in IPv6's clothes (RFC 4291 §2.5.5.2).
    case 0xFFFF: return contains(last)
    default: return false
    }
  }

  /// Endings that the public name system does not know (RFC 6761, 6762, 8375 and common use).
  private static let endings = [
    ".local", ".localhost", ".lan", ".internal", ".intranet", ".home", ".home.arpa",
  ]

  static func contains(name: String) -> Bool {
    let name = name.hasSuffix(".") ? String(name.dropLast()) : name
    return !name.contains(".") || endings.contains { name.hasSuffix($0) }
  }
}
