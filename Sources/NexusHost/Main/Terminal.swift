import Glibc

/// What the program says to its caller: results on standard output, complaints on standard error.
enum Terminal {
  static func say(_ text: String) { _ = write(text, to: STDOUT_FILENO) }

  /// A line of JSON.
  static func say(json: [UInt8]) { say(String(decoding: json, as: UTF8.self) + "\n") }

  static func complain(_ text: String) { _ = write(text, to: STDERR_FILENO) }

  /// Writes all of a text; false with `errno` set if that fails.
  static func write(_ text: String, to file: CInt) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
