/// The start line and the fields of an HTTP message, as they came.
///
/// The tests have a parser of their own so that they do not share the gateway's mistakes.
struct Head: Equatable {
  var startLine: String
  var fields: [(name: String, value: String)]

  static func == (left: Head, right: Head) -> Bool {
    left.startLine == right.startLine && left.fields.elementsEqual(right.fields, by: ==)
  }

  /// The head at the front of the bytes and its length; nil while its end has not come.
  static func parse(_ bytes: some Collection<UInt8>) throws(CaseFailure) -> (Head, length: Int)? {
    let all = Array(bytes)
    guard let end = firstIndex(of: [0x0D, 0x0A, 0x0D, 0x0A], in: all) else { return nil }
    var lines = String(decoding: all[..<end], as: UTF8.self).split(
      separator: "\r\n", omittingEmptySubsequences: false
    ).map(String.init)
    let startLine = lines.removeFirst()
    var fields: [(name: String, value: String)] = []
    for line in lines {
      guard let colon = line.firstIndex(of: ":"), colon != line.startIndex else {
        throw CaseFailure("not a header line: '\(line)'")
      }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      fields.append((String(line[..<colon]), String(value)))
    }
    return (Head(startLine: startLine, fields: fields), end + 4)
  }

  /// All values of a field, in order.
  func values(_ name: String) -> [String] {
    fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  /// The method of a request.
  var method: String { String(startLine.prefix { $0 != " " }) }

  /// The target of a request.
  var target: String {
    let words = startLine.split(separator: " ")
    return words.count > 1 ? String(words[1]) : ""
  }

  /// The status of a response; nil for a request.
  var status: Int? {
    guard startLine.hasPrefix("HTTP/1.") else { return nil }
    return Int(startLine.dropFirst(9).prefix(3))
  }

  /// How the body that follows is framed.
  ///
  /// RFC 9112 §6.3. `toHead` says that a response answers a HEAD request.
  func framing(toHead: Bool = false) throws(CaseFailure) -> Framing {
    if let status, toHead || status < 200 || status == 204 || status == 304 { return .length(0) }
    let codings = values("transfer-encoding")
    let lengths = values("content-length")
    if !codings.isEmpty {
      guard codings == ["chunked"], lengths.isEmpty else {
        throw CaseFailure("ambiguous framing: \(codings) with lengths \(lengths)")
      }
      return .chunked
    }
    if let first = lengths.first {
      guard lengths.count == 1, let length = Int(first), length >= 0 else {
        throw CaseFailure("bad Content-Length: \(lengths)")
      }
      return .length(length)
    }
    return status == nil ? .length(0) : .untilClose
  }
}

/// How the end of a body is known.
enum Framing: Equatable {
  case length(Int)
  case chunked
  case untilClose
}

/// Where a run of bytes first occurs.
func firstIndex(of wanted: [UInt8], in bytes: [UInt8]) -> Int? {
  guard let first = wanted.first else { return 0 }
  var start = 0
  while start + wanted.count <= bytes.count {
    if bytes[start] == first, bytes[start..<start + wanted.count].elementsEqual(wanted) {
      return start
    }
    start += 1
  }
  return nil
}
