/// What a field of a log line can hold: texts, whole numbers, fractions, and yes or no. In JSON they
/// keep their kind.
public protocol LogValue {
  /// Writes the field `name` with this value.
  func write(to line: LogLine, as name: StaticString)
}

extension String: LogValue {
  public func write(to line: LogLine, as name: StaticString) { line.field(name, self) }
}

extension StaticString: LogValue {
  public func write(to line: LogLine, as name: StaticString) { line.field(name, fixed: self) }
}

/// Bytes are text in UTF-8; those that are not become U+FFFD.
extension Array: LogValue where Element == UInt8 {
  public func write(to line: LogLine, as name: StaticString) { line.field(name, from: span) }
}

extension LogValue where Self: BinaryInteger {
  public func write(to line: LogLine, as name: StaticString) {
    line.field(name, Int64(clamping: self))
  }
}

extension Int: LogValue {}
extension Int32: LogValue {}
extension Int64: LogValue {}
extension UInt16: LogValue {}
extension UInt32: LogValue {}
extension UInt64: LogValue {}

extension Double: LogValue {
  public func write(to line: LogLine, as name: StaticString) { line.field(name, self) }
}

extension Bool: LogValue {
  public func write(to line: LogLine, as name: StaticString) { line.field(name, self) }
}

/// Nothing leaves the field out.
extension Optional: LogValue where Wrapped: LogValue {
  public func write(to line: LogLine, as name: StaticString) { self?.write(to: line, as: name) }
}
