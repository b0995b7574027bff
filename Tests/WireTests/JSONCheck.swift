import Foundation

/// Looks values up in a JSON answer, for cases that do not pin its every byte.
enum JSONCheck {
  /// Checks lines of the form `path = JSON`, `path contains TEXT` or `path absent`.
  ///
  /// A path is names and indices: `error.code`, `data[0].id`.
  static func check(_ lines: [String], in bytes: [UInt8]) throws(CaseFailure) {
    let object = try parse(bytes)
    for line in lines {
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      guard words.count >= 2 else { throw CaseFailure("'\(line)' is no condition") }
      let value = find(words[0], in: object)
      let shown = value.map { describe($0) } ?? "absent"
      switch (words[1], words.count) {
      case ("=", 3):
        guard let value, describe(value) == describe(try parse(Array(words[2].utf8))) else {
          throw CaseFailure(
            "\(words[0]) is \(shown), expected was \(words[2]); all:\n\(readable(bytes))")
        }
      case ("contains", 3):
        guard let text = value as? String, text.contains(words[2]) else {
          throw CaseFailure("\(words[0]) is \(shown), which does not contain '\(words[2])'")
        }
      case ("absent", 2):
        guard value == nil else { throw CaseFailure("\(words[0]) is \(shown), expected was none") }
      case ("present", 2):
        guard value != nil else {
          throw CaseFailure("\(words[0]) is absent; all:\n\(readable(bytes))")
        }
      default: throw CaseFailure("'\(line)' is no condition")
      }
    }
  }

  /// Checks that the bytes are the one error shape that OpenAI clients know.
  static func checkEnvelope(_ bytes: [UInt8]) throws(CaseFailure) {
    guard let outer = try parse(bytes) as? [String: Any],
      let error = outer["error"] as? [String: Any],
      let message = error["message"] as? String, !message.isEmpty,
      error["type"] is String, error["param"] != nil, error["code"] != nil
    else {
      throw CaseFailure("not an OpenAI error with message, type, param, code:\n\(readable(bytes))")
    }
  }

  private static func parse(_ bytes: [UInt8]) throws(CaseFailure) -> Any {
    do {
      return try JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
    } catch {
      throw CaseFailure("not JSON:\n\(readable(bytes))")
    }
  }

  private static func find(_ path: String, in object: Any) -> Any? {
    var current: Any? = object
    for step in path.split(whereSeparator: { $0 == "." || $0 == "[" }) {
      if step.hasSuffix("]"), let index = Int(step.dropLast()) {
        let list = current as? [Any] ?? []
        current = index < list.count ? list[index] : nil
      } else {
        current = (current as? [String: Any])?[String(step)]
      }
    }
    return current
  }

  /// The value as JSON with sorted keys.
  static func describe(_ value: Any) -> String {
    let options: JSONSerialization.WritingOptions = [
      .fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes,
    ]
    guard let data = try? JSONSerialization.data(withJSONObject: value, options: options) else {
      return "\(value)"
    }
    return String(decoding: data, as: UTF8.self)
  }
}
