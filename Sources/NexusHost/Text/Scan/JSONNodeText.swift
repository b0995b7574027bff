extension JSONNode {
  /// The decoded text of a string in the bytes that it was found in; nil for another kind.
  public func text(in bytes: Span<UInt8>) -> [UInt8]? {
    guard kind == .string, end <= bytes.count, start + 2 <= end else { return nil }
    return JSONString.decode(bytes, start + 1..<end - 1)
  }
}
