import Foundation
import Testing

/// Words that stand in prompts, keys and answers of the tests, and that no log may ever hold. Every
/// gateway that a test starts is watched for them, whatever the test is about.
enum Planted {
  /// Part of all of them, so that one search finds any.
  static let word = "xq7planted7qx"
  static let prompt = "tell nobody about \(word), please"
  static let key = "sk-\(word)-0123456789"
  /// Header lines with keys of a client, as clients of other services send them.
  static let headers = "Authorization: Bearer \(key)\r\nX-Api-Key: \(key)\r\n"

  /// Finds the word in what comes piece by piece.
  struct Watch {
    private var rest = Data()

    /// The text around the word, if it is in `data` or between it and what came before.
    mutating func find(in data: Data) -> String? {
      let all = rest + data
      rest = Data(all.suffix(word.utf8.count - 1))
      guard let place = all.range(of: Data(word.utf8)) else { return nil }
      let start = max(all.startIndex, place.lowerBound - 300)
      return String(decoding: all[start..<place.upperBound], as: UTF8.self)
    }
  }
}
