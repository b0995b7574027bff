/// One request as it came over the wire.
struct Request {
  let method: String
  /// Path and query, undecoded.
  let target: String
  let version: String
  let headers: [(name: String, value: String)]
  var body: [UInt8] = []

  /// The target without its query.
  var path: String { String(target.prefix { $0 != "?" }) }

  func header(_ name: String) -> String? {
    headers.first { $0.name.lowercased() == name }?.value
  }

  /// One value of the query, percent-decoded.
  func query(_ name: String) -> String? {
    guard let mark = target.firstIndex(of: "?") else { return nil }
    for pair in target[target.index(after: mark)...].split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      if parts.first.map(String.init) == name {
        return Request.percentDecoded(parts.count > 1 ? String(parts[1]) : "")
      }
    }
    return nil
  }

  static func percentDecoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = Substring(text).utf8
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%"), let code = UInt8(String(Substring(rest.prefix(2))), radix: 16) {
        bytes.append(code)
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Does the peer want the connection kept after the answer?
  var keepsAlive: Bool {
    let wish = header("connection")?.lowercased() ?? ""
    return version == "HTTP/1.0" ? wish.contains("keep-alive") : !wish.contains("close")
  }
}
