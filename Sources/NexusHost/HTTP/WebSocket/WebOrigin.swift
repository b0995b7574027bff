import Net

/// Where a web page comes from (RFC 6454), and which pages may open a WebSocket: browsers let every
/// page try. Pure.
public struct WebOrigin: Hashable, Sendable {
  public let scheme: String
  /// In small letters; an IPv6 address stands in brackets.
  public let host: String
  public let port: UInt16

  /// Reads what an Origin header field says, such as "https://nexus.example:8443"; nil if it names no
  /// place on the web, as "null" does, or more than that.
  public init?(_ text: String) {
    guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else { return nil }
    let scheme = text[..<colon].lowercased()
    guard let usual = Self.usualPort(scheme) else { return nil }
    let place = text[colon...].dropFirst(3)
    guard let (host, port) = Self.split(place) else { return nil }
    self.scheme = scheme
    self.host = host
    self.port = port ?? usual
  }

  /// Whether a page of this origin may open a WebSocket to the authority that a Host header field
  /// gives, such as "127.0.0.1:8000". It may if it comes from there itself, under a name that nobody
  /// outside can have led here.
  public func isSame(as authority: String) -> Bool {
    guard let (host, port) = Self.split(authority[...]) else { return false }
    return host == self.host && (port ?? Self.usualPort(scheme)) == self.port && isLocalName
  }

  /// Whether the host is an address, or a name that no public name server answers for. For any other
  /// name its owner may answer with the gateway's address, after he has had the page loaded from his
  /// own ("DNS rebinding"): page and gateway are the same host to the browser then.
  var isLocalName: Bool {
    if host.hasPrefix("[") { return true }
    if NumericAddress(host) != nil { return true }
    var name = host[...]
    if name.hasSuffix(".") { name = name.dropLast() }
    // A machine's name without a domain; there are no hosts under top-level domains themselves.
    guard name.contains(".") else { return true }
    return Self.localDomains.contains { name.hasSuffix($0) }
  }

  /// RFC 6761 §6.3, RFC 6762 §3, RFC 8375, ICANN's ".internal", and what is not delegated but in use
  /// in homes (RFC 6762 appendix G).
  private static let localDomains = [
    ".localhost", ".local", ".home.arpa", ".internal", ".lan", ".home", ".intranet", ".corp",
    ".private",
  ]

  private static func usualPort(_ scheme: String) -> UInt16? {
    switch scheme {
    case "http", "ws": 80
    case "https", "wss": 443
    default: nil
    }
  }

  /// The host in small letters and the port, if there is one.
  private static func split(_ text: Substring) -> (host: String, port: UInt16?)? {
    var host = text
    var port: UInt16?
    let bracket = text.lastIndex(of: "]") ?? text.startIndex
    if let colon = text[bracket...].lastIndex(of: ":") {
      guard let number = UInt16(text[text.index(after: colon)...]) else { return nil }
      host = text[..<colon]
      port = number
    }
    let isPlain = host.utf8.allSatisfy { byte in
      byte > 0x20 && byte < 0x7F && !"/@?#\\".utf8.contains(byte)
    }
    let isBracketed = host.hasPrefix("[") == host.hasSuffix("]")
    guard !host.isEmpty, isPlain, isBracketed else { return nil }
    guard host.hasPrefix("[") || !host.contains(":") else { return nil }
    return (host.lowercased(), port)
  }
}

extension WebOrigin: CustomStringConvertible {
  public var description: String {
    port == Self.usualPort(scheme) ? "\(scheme)://\(host)" : "\(scheme)://\(host):\(port)"
  }
}
