import Text

/// Which requests of the past are asked for: the query of `GET /v1/history`.
struct HistoryQuery {
  static let names = ["model", "backend", "status", "since", "limit", "before", "after"]
  static let mostAtOnce = 1_000

  /// Asked for or served.
  private(set) var model: String?
  /// Name or id of a backend that was tried.
  private(set) var backend: String?
  private(set) var isSuccess: Bool?
  /// Unix seconds.
  private(set) var since: Int64?
  private(set) var limit = 100
  /// The `id` of an entry or the id of a request: only older ones are meant.
  private(set) var before: String?
  /// Only newer ones are meant.
  private(set) var after: HistoryMark?

  init(_ fields: QueryFields) throws(APIError) {
    for name in fields.names {
      guard Self.names.contains(name) else {
        throw .invalid(
          "There is no parameter '\(name.prefix(64))'; known are"
            + " \(Self.names.joined(separator: ", ")).", param: String(name.prefix(64)))
      }
      guard let value = fields[name], !value.isEmpty else {
        throw .invalid("The parameter '\(name)' has no value.", param: name)
      }
      switch name {
      case "model": model = value
      case "backend": backend = value
      case "status": isSuccess = try Self.status(value)
      case "since": since = try Self.time(value)
      case "limit": limit = try Self.limit(value)
      case "after": after = try Self.mark(value)
      default: before = value
      }
    }
  }

  func matches(_ entry: HistoryEntry) -> Bool {
    if let after, !after.isBefore(entry.place) { return false }
    if let since, entry.unixSeconds < since { return false }
    if let isSuccess, isSuccess != (entry.outcome == .success) { return false }
    if let model, !entry.concerns(model: model) { return false }
    if let backend, !entry.concerns(backend: backend) { return false }
    return true
  }

  private static func status(_ value: String) throws(APIError) -> Bool {
    switch value.lowercased() {
    case "success": true
    case "error": false
    default: throw wrong("status", value, "success or error")
    }
  }

  private static func time(_ value: String) throws(APIError) -> Int64 {
    if let seconds = Int64(value) ?? UTCTime.unixSeconds(value) { return seconds }
    throw wrong("since", value, "Unix seconds, or a time such as 2026-11-24T05:44:00Z")
  }

  private static func mark(_ value: String) throws(APIError) -> HistoryMark {
    if let mark = HistoryMark(value) { return mark }
    throw wrong("after", value, "the 'id' of an entry, or several with commas between them")
  }

  private static func limit(_ value: String) throws(APIError) -> Int {
    if let limit = Int(value), (1...mostAtOnce).contains(limit) { return limit }
    throw wrong("limit", value, "a number from 1 to \(mostAtOnce)")
  }

  private static func wrong(_ name: String, _ value: String, _ allowed: String) -> APIError {
    .invalid(
      "The parameter '\(name)' is '\(value.prefix(64))'; it must be \(allowed).", param: name)
  }
}
