import Glibc

/// As much of a request as the cheap mode needs to know, read in place.
struct CheapRequest {
  let kind: CheapReplies.Kind
  let bodyStart: Int
  let bodyLength: Int

  /// How much of a body is looked at: the model's name must be in there.
  static let lookedAt = 512

  enum Outcome {
    case needMore
    case request(CheapRequest)
    case unreadable
  }

  /// Reads the request at the start of `input`.
  ///
  /// `burst-64`, `stream-10ms` or `stream-1s` anywhere in the head or in the first bytes of the body choose the
  /// streams; so the model's name does, or a header for proxies that rename models.
  static func read(_ input: UnsafeRawBufferPointer) -> Outcome {
    guard let headLength = headLength(input) else {
      return input.count > 65536 ? .unreadable : .needMore
    }
    let head = UnsafeRawBufferPointer(rebasing: input[..<headLength])
    guard let length = contentLength(head) else { return .unreadable }
    let wanted = headLength + min(length, lookedAt)
    guard input.count >= wanted else { return .needMore }
    let looked = UnsafeRawBufferPointer(rebasing: input[..<wanted])
    return .request(
      CheapRequest(kind: kind(looked), bodyStart: headLength, bodyLength: length))
  }

  private static func kind(_ looked: UnsafeRawBufferPointer) -> CheapReplies.Kind {
    guard looked.first == UInt8(ascii: "P") else { return page(looked) }
    var at = 0
    while let dash = find(UInt8(ascii: "-"), looked, from: at) {
      if matches(looked, dash - 5, "burst-64") { return .burst }
      if matches(looked, dash - 6, "stream-10ms") { return .stream }
      if matches(looked, dash - 6, "stream-1s") { return .slowStream }
      at = dash + 1
    }
    return .chat
  }

  private static func page(_ looked: UnsafeRawBufferPointer) -> CheapReplies.Kind {
    guard let blank = find(0x20, looked, from: 0) else { return .notFound }
    if matches(looked, blank, " /v1/models ") { return .models }
    return matches(looked, blank, " /health ") ? .health : .notFound
  }

  private static func find(
    _ byte: UInt8, _ bytes: UnsafeRawBufferPointer, from start: Int
  ) -> Int? {
    guard let base = bytes.baseAddress,
      let found = memchr(base + start, Int32(byte), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  private static func matches(
    _ bytes: UnsafeRawBufferPointer, _ at: Int, _ text: StaticString
  ) -> Bool {
    guard let base = bytes.baseAddress, at >= 0, at + text.utf8CodeUnitCount <= bytes.count else {
      return false
    }
    return memcmp(base + at, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  private static func headLength(_ input: UnsafeRawBufferPointer) -> Int? {
    var at = 0
    while let newline = find(10, input, from: at) {
      if matches(input, newline - 3, "\r\n\r\n") { return newline + 1 }
      at = newline + 1
    }
    return nil
  }

  /// The body's length; 0 without one, nil for chunked bodies, which the cheap mode does not read.
  private static func contentLength(_ head: UnsafeRawBufferPointer) -> Int? {
    var at = 0
    while at + 16 < head.count {
      guard let base = head.baseAddress, let end = memchr(base + at, 10, head.count - at) else {
        break
      }
      at = UnsafeRawPointer(end) - base + 1
      guard at < head.count else { break }
      let first = head[at] | 0x20
      if first == UInt8(ascii: "c"), strncasecmp(text(base, at), "content-length:", 15) == 0 {
        return number(head, at + 15)
      }
      if first == UInt8(ascii: "t"), strncasecmp(text(base, at), "transfer-encoding:", 18) == 0 {
        return nil
      }
    }
    return 0
  }

  private static func text(_ base: UnsafeRawPointer, _ at: Int) -> UnsafePointer<CChar> {
    (base + at).assumingMemoryBound(to: CChar.self)
  }

  private static func number(_ head: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    var at = start
    while head[at] == 0x20 { at += 1 }
    var value = 0
    while case 48...57 = head[at], value < 1 << 40 {
      value = value * 10 + Int(head[at] - 48)
      at += 1
    }
    return value
  }
}
