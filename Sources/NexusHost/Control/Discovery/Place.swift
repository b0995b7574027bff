import Fleet
import HTTP
import Net

/// Where a server really is, however it is reached: its address and port. All addresses of this
/// machine count as one, since a server is mostly reached by each of them.
struct Place: Hashable {
  let address: NumericAddress
  let port: UInt16
}

/// A way to reach what may be a server.
struct Way: Equatable {
  let endpoint: Endpoint
  let place: Place
  /// Ways of lower rank are better.
  let rank: Int

  /// This machine itself, then IPv4 before IPv6, and what is valid on one link only comes last.
  static func rank(_ address: NumericAddress) -> Int {
    if address.isLoopback { return address.isIPv6 ? 1 : 0 }
    return (address.isLinkLocal ? 4 : 2) + (address.isIPv6 ? 1 : 0)
  }

  /// How much better a way is on which somebody vouches for the server.
  static let vouched = 10
}
