/// Rules for texts with a shape of their own.
public enum SettingText {
  /// An address or a host name; an IPv6 address loses its brackets.
  static func host(_ text: String) throws(SettingFault) -> String {
    var host = text
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }) else {
      throw SettingFault("give \(SettingKind.host.wanted)")
    }
    return host
  }

  /// Fields that go up with every request. `home`: the key in which secrets belong instead.
  static func headers(
    _ value: SettingValue, keysBelongIn home: String
  ) throws(SettingFault) -> [Settings.Header] {
    guard case .map(let entries) = value else { throw SettingFault("give a table of strings") }
    var headers: [Settings.Header] = []
    for entry in entries {
      guard case .text(let text) = entry.value else { throw SettingFault("give strings") }
      guard !headers.contains(where: { $0.name.lowercased() == entry.key.lowercased() }) else {
        throw SettingFault("'\(entry.key)' stands there twice; give it once")
      }
      headers.append(try header(entry.key, text, keysBelongIn: home))
    }
    return headers
  }

  /// A field that goes up with every request: what is the host's own business, and keys, are not.
  private static func header(
    _ name: String, _ value: String, keysBelongIn home: String
  ) throws(SettingFault) -> Settings.Header {
    try checkHeader(name)
    guard !secret.contains(name.lowercased()) else {
      throw SettingFault("a key does not belong in '\(name)'; use \(home)", isSecret: true)
    }
    guard value.utf8.allSatisfy({ $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }) else {
      throw SettingFault("the value of '\(name)' holds a control character; leave it out")
    }
    return Settings.Header(name: name, value: value)
  }

  /// Checks the name of a field that the host sets for somebody.
  static func checkHeader(_ name: String) throws(SettingFault) {
    guard !name.isEmpty, name.utf8.allSatisfy(isToken) else {
      throw SettingFault("'\(name)' is no name of a header field; give one such as x-team")
    }
    guard !own.contains(name.lowercased()) else {
      throw SettingFault("'\(name)' is set by the gateway itself; leave it out")
    }
  }

  private static let own: Set<String> = [
    "host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer",
    "upgrade", "expect", "content-type", "accept-encoding", "proxy-connection",
  ]
  private static let secret: Set<String> = [
    "authorization", "proxy-authorization", "cookie", "x-api-key", "x-goog-api-key", "api-key",
  ]

  /// RFC 9110 §5.6.2.
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  /// A letter or "_", then letters, digits and "_" (POSIX.1, §8.1).
  public static func isVariable(_ name: String) -> Bool {
    name.utf8.first.map { !(0x30...0x39).contains($0) } == true
      && name.utf8.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
      }
  }
}
