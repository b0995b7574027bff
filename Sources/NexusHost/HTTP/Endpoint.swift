/// Where a backend listens: what a base URL says, checked and ready for dialling.
///
/// An object, because every request hands it around: a copy is then one reference.
public final class Endpoint: Hashable, Sendable {
  public enum Scheme: String, Sendable {
    case http, https

    /// The port that a URL of this scheme means when it names none (RFC 9110 §4.2).
    public var defaultPort: UInt16 { self == .http ? 80 : 443 }
  }

  public let scheme: Scheme
  /// Host name or address; an IPv6 address stands without its brackets.
  public let host: String
  public let port: UInt16
  /// Path put before every request path: empty, or "/" and more without a slash at the end.
  public let basePath: String
  /// PEM file with the certificate authorities to trust instead of the system's, for https.
  public let caFile: String?
  /// The value of a Host header field: an IPv6 address in brackets, a default port left out
  /// (RFC 9110 §7.2).
  public let authority: String
  /// The Host header field as a line, and the base path, as every request starts with them.
  public let hostLine: [UInt8]
  public let basePathBytes: [UInt8]
  /// Made once, because every request looks its backend's connections up by endpoint.
  private let hash: Int

  public init(
    scheme: Scheme, host: String, port: UInt16, basePath: String = "", caFile: String? = nil
  ) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.basePath = basePath
    self.caFile = caFile
    let isIPv6 = host.utf8.contains(UInt8(ascii: ":"))
    func authority(_ host: some StringProtocol) -> String {
      let name = isIPv6 ? "[\(host)]" : "\(host)"
      return port == scheme.defaultPort ? name : "\(name):\(port)"
    }
    self.authority = authority(host)
    // The interface of a link-local address means nothing to the peer (RFC 6874 §1).
    hostLine = Array("host: \(authority(host.prefix { $0 != "%" }))\r\n".utf8)
    basePathBytes = Array(basePath.utf8)
    var hasher = Hasher()
    hasher.combine(scheme)
    hasher.combine(host)
    hasher.combine(port)
    hasher.combine(basePath)
    hash = hasher.finalize()
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(hash) }

  public static func == (left: Endpoint, right: Endpoint) -> Bool {
    left === right
      || left.hash == right.hash && left.scheme == right.scheme && left.host == right.host
        && left.port == right.port && left.basePath == right.basePath
        && left.caFile == right.caFile
  }

  /// The URL in its canonical form; two spellings of one endpoint give the same text.
  public var url: String { "\(scheme.rawValue)://\(authority)\(basePath)" }

  /// Whether the host is this machine by name or address.
  public var isLoopback: Bool {
    let name = host.lowercased()
    return name == "localhost" || name.hasSuffix(".localhost") || name == "::1"
      || (name.hasPrefix("127.") && name.utf8.allSatisfy { $0 == 46 || (48...57).contains($0) })
  }
}

/// Why a text is no usable base URL.
public struct EndpointError: Error, Sendable, CustomStringConvertible {
  public let description: String
}

extension Endpoint {
  /// Reads a base URL such as "http://127.0.0.1:8080", "https://api.openai.com/v1" or
  /// "http://[::1]:11434/". A trailing "/" and a trailing "/v1" are dropped, since requests bring
  /// their own path. A text without a scheme counts as http.
  public static func parse(
    _ text: String, caFile: String? = nil
  ) throws(EndpointError) -> Endpoint {
    // What stands before an "@" may be a password.
    let shown = text.contains("@") ? "the URL" : "'\(text)'"
    func fail(_ why: String) -> EndpointError { .init(description: "\(shown): \(why)") }
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
      throw fail("a URL holds no blanks, control characters or non-ASCII letters")
    }
    var rest = text[...]
    var scheme = Scheme.http
    if let (name, after) = rest.divided(by: "://") {
      guard let known = Scheme(rawValue: name.lowercased()) else {
        throw fail("the scheme is '\(name)'; use http:// or https://")
      }
      scheme = known
      rest = after
    }
    guard !rest.utf8.contains(UInt8(ascii: "?")), !rest.utf8.contains(UInt8(ascii: "#")) else {
      throw fail("a base URL has no query or fragment")
    }
    let slash = rest.firstIndex(of: "/") ?? rest.endIndex
    let (host, port) = try authority(rest[..<slash], scheme: scheme, fail: fail)
    return Endpoint(
      scheme: scheme, host: host, port: port, basePath: trimmedPath(rest[slash...]),
      caFile: caFile)
  }

  private static func authority(
    _ text: Substring, scheme: Scheme, fail: (String) -> EndpointError
  ) throws(EndpointError) -> (String, UInt16) {
    guard !text.contains("@") else {
      throw fail("keys and passwords do not belong in a URL; use api_key_env")
    }
    var host = text
    var port: Substring?
    if text.hasPrefix("[") {
      guard let (inside, after) = text.dropFirst().divided(by: "]"), inside.contains(":"),
        after.isEmpty || after.hasPrefix(":")
      else { throw fail("an IPv6 address stands in brackets, as in http://[::1]:8080") }
      host = inside
      port = after.isEmpty ? nil : after.dropFirst()
    } else if let (name, after) = text.divided(by: ":") {
      guard !after.contains(":") else {
        throw fail("an IPv6 address stands in brackets, as in http://[::1]:8080")
      }
      host = name
      port = after
    }
    guard !host.isEmpty else { throw fail("the host is missing") }
    guard let port else { return (host.lowercased(), scheme.defaultPort) }
    guard let number = UInt16(port), number > 0 else {
      throw fail("'\(port)' is no port; use 1 to 65535")
    }
    return (host.lowercased(), number)
  }

  private static func trimmedPath(_ text: Substring) -> String {
    var path = text
    while path.hasSuffix("/") { path = path.dropLast() }
    if path.hasSuffix("/v1") { path = path.dropLast(3) }
    while path.hasSuffix("/") { path = path.dropLast() }
    return String(path)
  }
}

extension Substring {
  /// The parts before and after the first occurrence of `separator`.
  fileprivate func divided(by separator: String) -> (Substring, Substring)? {
    var index = startIndex
    while index < endIndex {
      if self[index...].hasPrefix(separator) {
        return (self[..<index], self[self.index(index, offsetBy: separator.count)...])
      }
      index = self.index(after: index)
    }
    return nil
  }
}
