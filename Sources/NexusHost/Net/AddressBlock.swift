/// All addresses that begin with the same bits: a network, or a single address (RFC 4632).
public struct AddressBlock: Hashable, Sendable {
  public let first: NumericAddress
  /// How many bits all of them share.
  public let bits: Int

  /// Reads "192.168.1.0/24" or "192.168.1.20"; nil if the text is neither. Bits behind the prefix do
  /// not count: "192.168.1.20/24" is the network around that machine.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = NumericAddress(String(parts[0])) else { return nil }
    let most = address.isIPv6 ? 128 : 32
    if parts.count == 1 {
      self.init(address, bits: most)
      return
    }
    guard let bits = Int(parts[1]), (0...most).contains(bits), address.scope.isEmpty else {
      return nil
    }
    self.init(address.prefix(bits), bits: bits)
  }

  private init(_ first: NumericAddress, bits: Int) {
    self.first = first
    self.bits = bits
  }

  /// How many addresses it has; `UInt64.max` for that many and more.
  public var count: UInt64 {
    let free = (first.isIPv6 ? 128 : 32) - bits
    return free < 64 ? 1 << UInt64(free) : .max
  }

  /// The address at a place from 0 below `count`.
  public subscript(place: UInt64) -> NumericAddress {
    count == 1 ? first : first.advanced(by: place)
  }

  public func contains(_ address: NumericAddress) -> Bool {
    guard address.isIPv6 == first.isIPv6 else { return false }
    return count == 1 ? address == first : address.prefix(bits) == first
  }

  /// Whether all its addresses can only be in a network of one's own.
  public var isPrivate: Bool {
    Self.privateBlocks.contains { $0.bits <= bits && $0.contains(first) }
  }

  static let privateBlocks = [
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16",  // RFC 1918
    "127.0.0.0/8", "::1", "169.254.0.0/16", "fe80::/10",  // loopback, link-local
    "100.64.0.0/10",  // RFC 6598: behind a carrier's NAT, and overlay networks of one's own
    "fc00::/7",  // RFC 4193
  ].compactMap { AddressBlock($0) }
}

extension AddressBlock: CustomStringConvertible {
  public var description: String { count == 1 ? "\(first)" : "\(first)/\(bits)" }
}
