/// One fact to keep beyond a restart. The latest record of a kind and key replaces earlier ones.
public struct StateRecord: Equatable, Sendable {
  /// What sort of fact, for example "backend"; not empty.
  public let kind: String
  /// Which one of its kind, for example the backend's name.
  public let key: String
  /// JSON text, or nil: the fact no longer holds.
  public let value: [UInt8]?

  public init(kind: String, key: String, value: [UInt8]?) {
    self.kind = kind
    self.key = key
    self.value = value
  }
}

extension StateRecord {
  /// Why the record cannot be kept, or nil. The journal separates by NUL and finds its way again
  /// after damage by a byte that no UTF-8 text has.
  var fault: String? {
    if kind.isEmpty { return "its kind is empty" }
    if kind.utf8.contains(0) || key.utf8.contains(0) { return "its kind or key holds a NUL" }
    if value?.contains(0xFF) == true { return "its value is no UTF-8 text" }
    if StateFrame.size(of: self) > StateFrame.largestSize { return "it is larger than 1 MiB" }
    return nil
  }
}
