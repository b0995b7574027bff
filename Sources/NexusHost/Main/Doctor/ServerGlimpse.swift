import HTTP

/// What a server looks like that no driver knows.
enum ServerGlimpse {
  /// What it says of itself, and what to do if that is not what was meant.
  static func describe(
    _ answer: Result<PlainCall.Reply, PlainCall.Failure>, isSecure: Bool
  ) -> (what: String, fix: String?) {
    switch answer {
    case .success(let reply): describe(reply)
    case .failure(.notHTTP(let bytes)): describe(bytes, isSecure: isSecure)
    case .failure(.broken(let error)): describe(error)
    }
  }

  private static func describe(_ error: UpstreamError) -> (String, String?) {
    guard case .timeout = error else { return ("it \(error)", nil) }
    return (
      "it takes connections but answers nothing",
      "see whether it hangs; its log tells more. A restart may help"
    )
  }

  private static func describe(_ reply: PlainCall.Reply) -> (String, String?) {
    let kind = bodyKind(reply)
    let server = reply.fields["server"].map { " from '\($0)'" } ?? ""
    if reply.status == 200, reply.body.starts(with: Array("Nexus".utf8)) {
      return (
        "another Nexus gateway answers there",
        "name its own backends here instead, or use type = \"generic\" to route through it"
      )
    }
    return (
      "GET / is answered\(server) with status \(reply.status) and \(kind)",
      reply.status == 401 || reply.status == 403
        ? "give its key with api_key_env" : "correct the address, or name its type"
    )
  }

  private static func bodyKind(_ reply: PlainCall.Reply) -> String {
    let first = reply.body.first { $0 > 0x20 }
    if let title = title(reply.body) { return "a web page titled '\(title)'" }
    switch first {
    case UInt8(ascii: "<"): return "a web page"
    case UInt8(ascii: "{"), UInt8(ascii: "["): return "JSON: \(excerpt(reply.body))"
    case nil: return "nothing else"
    default: return "text: \(excerpt(reply.body))"
    }
  }

  private static func title(_ body: [UInt8]) -> String? {
    let text = String(decoding: body.prefix(4_096), as: UTF8.self)
    guard let start = text.split(separator: "<title>", maxSplits: 1).dropFirst().first,
      let title = start.split(separator: "</title>", maxSplits: 1).first, title.count <= 80
    else { return nil }
    return TextTable.printable(String(title))
  }

  private static func describe(_ bytes: [UInt8], isSecure: Bool) -> (String, String?) {
    // A TLS record: an alert or a handshake, version 3.x (RFC 8446 §5.1).
    if bytes.count > 2, bytes[0] == 0x15 || bytes[0] == 0x16, bytes[1] == 3 {
      return ("it speaks TLS", "write https:// in its URL")
    }
    return ("it does not speak HTTP but says: \(excerpt(bytes))", "correct the address")
  }

  /// The first line, as far as it is good to read.
  private static func excerpt(_ bytes: [UInt8]) -> String {
    let line = bytes.prefix { $0 != 0x0A && $0 != 0x0D }.prefix(80)
    return TextTable.printable(String(decoding: line, as: UTF8.self))
  }
}
