import Net
import NexusPluginABI

/// Where a driver puts its results: the host's side of `nexus_sink`, checked and copied.
///
/// One sink serves one exchange at a time and is used again for the next, so that nothing is
/// allocated once its arrays have grown. It belongs to one task; read it between the calls of its
/// `Exchange`. The first thing that a driver does wrong is kept in `bug`, and the rest is ignored.
public final class DriverSink {
  /// The request that the last call described.
  public let request = RequestDescription()
  /// Status of an answer that the driver writes itself; 0 if it writes none.
  public private(set) var answerStatus = 0
  /// Content type of that answer.
  public private(set) var answerType: [UInt8] = []
  /// Bytes of that answer that the last call emitted.
  public private(set) var answer: [UInt8] = []
  /// The facts told since the exchange began.
  public private(set) var reports = DriverReports()
  /// How the exchange failed, if it did.
  public internal(set) var failure: DriverFailure?
  /// What the driver did wrong, if anything.
  public private(set) var bug: StaticString?

  /// Length of the client's body, within which body parts must lie.
  private var clientBodySize = 0
  // On the heap, because a driver is given its address and may keep that during a call.
  let table: UnsafeMutablePointer<nexus_sink>

  public init() {
    table = .allocate(capacity: 1)
    table.initialize(to: SinkTable.make())
    table.pointee.host = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { table.deallocate() }

  /// Makes ready for a new exchange over a client's body of that size.
  func reset(clientBodySize: Int) {
    self.clientBodySize = clientBodySize
    startCall()
    answerStatus = 0
    if !answerType.isEmpty { answerType.removeAll(keepingCapacity: true) }
    reports.reset()
    failure = nil
    bug = nil
  }

  /// Forgets what the call before described and emitted.
  @inline(__always)
  func startCall() {
    if request.isDescribed { request.reset() }
    if !answer.isEmpty { answer.removeAll(keepingCapacity: true) }
  }

  /// Notes the first violation.
  func note(_ violation: StaticString) { if bug == nil { bug = violation } }
}

// MARK: - What a driver calls

extension DriverSink {
  func startRequest(method: nexus_slice, path: nexus_slice) {
    request.reset()
    guard let method = method.borrowed, (1...16).contains(method.count),
      HTTPBytes.isToken(method)
    else { return note("the method of a request is not a token") }
    guard let path = path.borrowed, path.first == 0x2F, HTTPBytes.isTarget(path) else {
      return note("the path of a request is not a visible path that begins with '/'")
    }
    guard method.count + path.count <= DriverLimits.headBytes else {
      return note("the head of a request is longer than 32 KiB")
    }
    request.start(method: method, path: path)
  }

  func addHeader(name: nexus_slice, value: nexus_slice) {
    guard request.isDescribed else { return note("a header field before its request") }
    guard let name = name.borrowed, !name.isEmpty, HTTPBytes.isToken(name) else {
      return note("the name of a header field is not a token")
    }
    guard let value = value.borrowed, HTTPBytes.isValue(value) else {
      return note("the value of a header field holds control characters")
    }
    guard !HTTPBytes.isReserved(name) else {
      return note("a header field that belongs to the host")
    }
    let head = request.headLength
    guard request.fields.count < DriverLimits.fieldCount,
      head + name.count + value.count + 4 <= DriverLimits.headBytes
    else { return note("the head of a request has more than 64 fields or 32 KiB") }
    request.append(name: name, value: value)
  }

  func appendBody(_ bytes: nexus_slice) {
    guard request.isDescribed else { return note("body bytes before their request") }
    guard let bytes = bytes.borrowed else { return note("body bytes without an address") }
    guard bytes.count <= DriverLimits.literalBytes - request.literals.count else {
      return note("a driver's own body bytes exceed 16 MiB")
    }
    guard request.append(literal: bytes) else {
      return note("the body of a request is larger than 64 MiB or has too many parts")
    }
  }

  func appendBodyPart(offset: UInt64, length: UInt64) {
    guard request.isDescribed else { return note("a body part before its request") }
    let size = UInt64(clientBodySize)
    guard offset <= size, length <= size - offset else {
      return note("a body part outside the client's body")
    }
    guard request.append(clientOffset: Int(offset), length: Int(length)) else {
      return note("the body of a request is larger than 64 MiB or has too many parts")
    }
  }

  func startAnswer(status: UInt32, contentType: nexus_slice) {
    guard (200...599).contains(status) else { return note("an answer with an impossible status") }
    guard answerStatus == 0 else { return note("a second answer") }
    guard let type = contentType.borrowed, type.count <= DriverLimits.nameBytes,
      type.allSatisfy(HTTPBytes.isValue)
    else { return note("an answer with a malformed content type") }
    answerStatus = Int(status)
    answerType.append(contentsOf: type)
  }

  func emitAnswer(_ bytes: nexus_slice) {
    guard answerStatus != 0 else { return note("answer bytes before their answer") }
    guard let bytes = bytes.borrowed else { return note("answer bytes without an address") }
    guard bytes.count <= DriverLimits.answerBytes - answer.count else {
      return note("one call emitted more than 16 MiB")
    }
    answer.append(contentsOf: bytes)
  }

  func recordFailure(code: UInt32, message: nexus_slice, detail: UInt64) {
    guard let code = FailureCode(rawValue: code) else {
      return note("a failure with an unknown code")
    }
    guard let message = message.words() else {
      return note("a failure with a malformed message")
    }
    failure = DriverFailure(code, message, detail: detail)
  }

  func record(kind: UInt32, record: UnsafeRawPointer?) {
    if let violation = ReportReader.read(kind: kind, record: record, into: &reports) {
      note(violation)
    }
  }
}
