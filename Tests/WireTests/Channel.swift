import Foundation

/// A connection as the dialogue sees it: messages with their bodies, piece by piece.
final class Channel {
  let peer: Peer
  /// Methods of requests whose response has not come: a response to HEAD has no body.
  var methods: [String] = []
  /// The head of the message that is being received.
  private(set) var head: Head?
  private var body: BodyReader?
  private var payload: [UInt8] = []

  init(_ peer: Peer) {
    self.peer = peer
  }

  /// The body of the current message has come to its end and was taken.
  var isComplete: Bool { (body?.isComplete ?? true) && payload.isEmpty }

  /// Begins a message whose head was read elsewhere.
  func begin(_ head: Head) throws(CaseFailure) {
    self.head = head
    body = BodyReader(try head.framing(toHead: false))
    payload = []
  }

  /// Takes the next head.
  func receiveHead(until deadline: Date) throws(CaseFailure) -> Head {
    if let body, !body.isComplete { throw CaseFailure("the message before has not ended") }
    guard payload.isEmpty else {
      throw CaseFailure("the message before has more bytes:\n\(readable(payload))")
    }
    let head = try peer.wait(for: "a message", until: deadline) {
      (buffer: inout [UInt8], end) throws(CaseFailure) -> Head? in
      if let (head, length) = try Head.parse(buffer) {
        buffer.removeFirst(length)
        return head
      }
      if let end {
        throw CaseFailure("the connection is \(end) before a whole head:\n\(readable(buffer))")
      }
      return nil
    }
    let isFinal = (head.status ?? 200) >= 200
    let method = methods.first
    if isFinal && !methods.isEmpty { methods.removeFirst() }
    self.head = head
    body = BodyReader(try head.framing(toHead: method == "HEAD"))
    return head
  }

  /// Takes all that is left of the body.
  func receiveBody(until deadline: Date) throws(CaseFailure) -> [UInt8] {
    try waitForPayload("the end of the body", until: deadline) { $0.isComplete ? true : nil }
    defer { payload = [] }
    return payload
  }

  /// Takes the part of the body that the pattern describes.
  func receive(
    _ pattern: Pattern, described: String, until deadline: Date
  ) throws(CaseFailure) -> [String: [UInt8]] {
    var captured: [String: [UInt8]] = [:]
    try waitForPayload("text in the body", until: deadline) { [self] (reader) throws(CaseFailure) in
      switch pattern.match(prefixOf: payload[...], ended: reader.isComplete) {
      case .match(let length, let captures):
        payload.removeFirst(length)
        captured = captures
        return true
      case .partial:
        return nil
      case .mismatch(let offset):
        throw CaseFailure(difference(expected: described, actual: payload, at: offset))
      }
    }
    return captured
  }

  /// Takes the proper end of the body, before which nothing more may come.
  func receiveEnd(until deadline: Date) throws(CaseFailure) {
    let rest = try receiveBody(until: deadline)
    guard rest.isEmpty else {
      throw CaseFailure("the body goes on where it should end:\n\(readable(rest))")
    }
  }

  /// Demands that the connection ends inside the body.
  func receiveCut(until deadline: Date) throws(CaseFailure) {
    guard var reader = body else { throw CaseFailure("no body is being received") }
    let rest = try peer.wait(for: "the connection to end inside the body", until: deadline) {
      (buffer: inout [UInt8], end) throws(CaseFailure) -> [UInt8]? in
      var rest: [UInt8] = []
      try reader.read(from: &buffer, ended: end != nil, into: &rest)
      if reader.isComplete { throw CaseFailure("the body came to a proper end") }
      return end == nil ? nil : rest
    }
    body = nil
    guard rest.isEmpty && payload.isEmpty else {
      throw CaseFailure("unexpected bytes before the cut:\n\(readable(payload + rest))")
    }
  }

  /// Reads on until the check returns a value. A connection that ends too early is a failure.
  private func waitForPayload(
    _ what: String, until deadline: Date,
    _ check: (BodyReader) throws(CaseFailure) -> Bool?
  ) throws(CaseFailure) {
    guard var reader = body else { throw CaseFailure("no body is being received") }
    var gathered = payload
    defer { body = reader }
    _ = try peer.wait(
      for: "\(what), of which \(gathered.count) bytes were read:\n\(readable(gathered))\nand",
      until: deadline
    ) { [self] (buffer: inout [UInt8], end) throws(CaseFailure) -> Bool? in
      try reader.read(from: &buffer, ended: end != nil, into: &gathered)
      payload = gathered
      let result = try check(reader)
      gathered = payload
      if result == nil, let end {
        throw CaseFailure(
          "the connection is \(end) inside a body; read were:\n\(readable(payload))")
      }
      return result
    }
  }
}
