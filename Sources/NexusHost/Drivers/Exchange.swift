import HTTP
import NexusPluginABI

/// How to go on after a call of the driver, as the host may rely on it.
public enum Verdict: Equatable, Sendable {
  /// Show the next piece of the reply.
  case more
  /// Send `sink.request`; the rest of a current reply is read and dropped.
  case send
  /// Pass the reply to the client from its beginning, and go on showing the pieces.
  case relay
  /// The operation is complete; an answer of the driver's own is in the sink.
  case done
  /// The operation failed: `sink.failure` says how.
  case failed
}

/// How a reply broke: the values of `nexus_reply.cause`.
public enum BreakCause: UInt32, Sendable {
  /// No connection: refused, unreachable, unknown host.
  case connect = 1
  /// The TLS handshake or the verification failed.
  case tls = 2
  /// Too slow: connect, first byte or idle limit passed.
  case timeout = 3
  /// Closed or reset before the reply was complete.
  case closed = 4
  /// What arrived is not HTTP/1.1.
  case `protocol` = 5
  /// Larger than a limit of the host.
  case limit = 6
}

/// A conversation with a driver about one operation: `begin`, then the pieces of each reply.
///
/// The object is used again for the next operation; one per connection is enough. It enforces the
/// order of the ABI, turns whatever a driver may not do into a failure with code `driver_bug`, and
/// ends each exchange exactly once, at the latest when it is released. It belongs to one task.
public final class Exchange {
  private enum Phase { case idle, awaiting, relaying, finished }

  /// What the driver described, emitted and reported.
  public let sink: DriverSink
  /// Measures calls, if somebody wants that.
  public var sampler: CallSampler?

  private var driver: Driver?
  private var kind = OperationKind.chat
  private var state: UnsafeMutableRawPointer?
  private var phase = Phase.idle
  private var status: UInt32 = 0
  // Room for the fields of a head, kept from one reply to the next.
  private var fieldScratch: [nexus_header] = []
  private var names: UnsafeMutablePointer<UInt8>?
  private var nameRoom = 0

  public init(sink: DriverSink = DriverSink()) { self.sink = sink }

  deinit {
    close()
    names?.deallocate()
  }

  /// Whether the reply is being relayed and the driver only observes.
  public var isRelaying: Bool { phase == .relaying }

  /// Starts `operation` over the client's `body`; an exchange that still runs is ended first.
  ///
  /// The verdict is `send`, `done` or `failed`.
  public func begin(_ driver: Driver, _ operation: DriverOperation, body: RawSpan) -> Verdict {
    close()
    sink.reset(clientBodySize: body.byteCount)
    self.driver = driver
    kind = operation.kind
    phase = .awaiting
    status = 0
    let moment = sampler?.begin() ?? 0
    let number = callBegin(driver, operation, body)
    if moment != 0 { sampler?.end(driver, since: moment) }
    return settle(number, mayAskForMore: false)
  }

  /// Shows the head of a reply: `fields` are places in `bytes`; names may be in any case.
  public func head(status: Int, in bytes: RawSpan, fields: [HTTPField]) -> Verdict {
    self.status = UInt32(clamping: status)
    return bytes.withUnsafeBytes { head in
      fillFields(fields, in: head)
      return fieldScratch.withUnsafeBufferPointer { list in
        var reply = makeReply(NEXUS_REPLY_HEAD)
        reply.headers = list.baseAddress
        reply.header_count = UInt64(list.count)
        return resume(&reply, mayAskForMore: true)
      }
    }
  }

  /// Shows some bytes of the reply's body, without chunk framing; none are no event.
  public func body(_ bytes: RawSpan) -> Verdict {
    guard bytes.byteCount > 0 else { return phase == .finished ? lastVerdict : .more }
    return bytes.withUnsafeBytes { body in
      var reply = makeReply(NEXUS_REPLY_BODY)
      reply.bytes = nexus_slice(
        data: body.baseAddress?.assumingMemoryBound(to: UInt8.self), size: UInt64(body.count))
      return resume(&reply, mayAskForMore: true)
    }
  }

  /// Tells that the body is complete; a relayed exchange is then done, if the driver is content.
  public func complete() -> Verdict {
    var reply = makeReply(NEXUS_REPLY_END)
    let verdict = resume(&reply, mayAskForMore: false)
    guard verdict == .more else { return verdict }
    phase = .finished
    return .done
  }

  /// Tells that nothing more will come, and why; a relayed exchange has then failed.
  public func broke(_ cause: BreakCause) -> Verdict {
    var reply = makeReply(NEXUS_REPLY_BROKEN)
    reply.cause = cause.rawValue
    let verdict = resume(&reply, mayAskForMore: false)
    guard verdict == .more else { return verdict }
    sink.failure = DriverFailure(.upstreamBroken, "the server's reply broke off")
    phase = .finished
    return .failed
  }

  /// Ends the exchange, also in the middle of it; the results stay in the sink.
  public func close() {
    guard let driver else { return }
    self.driver = nil
    phase = .idle
    let state = state
    self.state = nil
    driver.endFunction(state)
  }
}

// MARK: - The calls themselves

extension Exchange {
  private func callBegin(
    _ driver: Driver, _ operation: DriverOperation, _ body: RawSpan
  ) -> UInt32 {
    operation.backendType.withUnsafeBufferPointer { type in
      operation.model.withUnsafeBufferPointer { model in
        operation.modelJSON.withUnsafeBufferPointer { json in
          body.withUnsafeBytes { body in
            let range = operation.modelRange
            let inside = range.lowerBound >= 0 && range.upperBound <= body.count
            let bytes = body.baseAddress?.assumingMemoryBound(to: UInt8.self)
            // As it stands in the body, unless the caller gave another spelling.
            let asSent = nexus_slice(
              data: bytes.map { $0 + range.lowerBound }, size: UInt64(range.count))
            var raw = nexus_operation(
              size: UInt32(MemoryLayout<nexus_operation>.size), kind: operation.kind.rawValue,
              flags: operation.stream ? NEXUS_FLAG_STREAM : 0, abi_minor: NEXUS_ABI_MINOR,
              backend_type: slice(type), model: slice(model),
              body: nexus_slice(data: bytes, size: UInt64(body.count)),
              model_offset: inside && !range.isEmpty ? UInt64(range.lowerBound) : 0,
              model_length: inside ? UInt64(range.count) : 0,
              model_json: json.isEmpty && inside ? asSent : slice(json))
            return driver.beginFunction(&raw, sink.table, &state)
          }
        }
      }
    }
  }

  private func slice(_ buffer: UnsafeBufferPointer<UInt8>) -> nexus_slice {
    nexus_slice(data: buffer.baseAddress, size: UInt64(buffer.count))
  }

  @inline(__always)
  private func makeReply(_ event: UInt32) -> nexus_reply {
    nexus_reply(
      size: UInt32(MemoryLayout<nexus_reply>.size), event: event, status: status, cause: 0,
      headers: nil, header_count: 0, bytes: nexus_slice(data: nil, size: 0))
  }

  @inline(__always)
  private func resume(_ reply: inout nexus_reply, mayAskForMore: Bool) -> Verdict {
    guard phase == .awaiting || phase == .relaying, let driver else { return lastVerdict }
    sink.startCall()
    let moment = sampler?.begin() ?? 0
    let number = driver.resumeFunction(state, &reply, sink.table)
    if moment != 0 { sampler?.end(driver, since: moment) }
    return settle(number, mayAskForMore: mayAskForMore)
  }

  /// What a call after the end of the conversation gets.
  private var lastVerdict: Verdict { sink.failure == nil ? .done : .failed }

  /// Lists the fields for the driver, the names in lower case.
  private func fillFields(_ fields: [HTTPField], in head: UnsafeRawBufferPointer) {
    while fieldScratch.popLast() != nil {}
    reserveNames(head.count)
    guard let names, let bytes = head.baseAddress?.assumingMemoryBound(to: UInt8.self) else {
      return
    }
    var end = 0
    fieldScratch.append(addingCapacity: fields.count) { list in
      for field in fields {
        let length = field.name.count
        guard field.name.upperBound <= head.count, field.value.upperBound <= head.count,
          length <= nameRoom &- end
        else { continue }
        let name = names + end
        let start = field.name.lowerBound
        copyLowered(bytes + start, of: head.count &- start, to: name, count: length)
        end &+= length
        list.append(
          nexus_header(
            name: nexus_slice(data: name, size: UInt64(length)),
            value: nexus_slice(
              data: bytes + field.value.lowerBound, size: UInt64(field.value.count))))
      }
    }
  }

  /// Copies a name in lower case, by words: what the last one holds beyond the name is written too,
  /// for which there is room, and the next name overwrites it.
  @inline(__always)
  private func copyLowered(
    _ source: UnsafeRawPointer, of available: Int, to target: UnsafeMutablePointer<UInt8>,
    count: Int
  ) {
    guard available &- count >= 8 else {
      for offset in 0..<count {
        target[offset] = HTTPBytes.lowered(source.load(fromByteOffset: offset, as: UInt8.self))
      }
      return
    }
    let target = UnsafeMutableRawPointer(target)
    var offset = 0
    while offset < count {
      let word = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      target.storeBytes(of: HTTPBytes.lowered(word), toByteOffset: offset, as: UInt64.self)
      offset &+= 8
    }
  }

  /// Makes room for names; their addresses must not move while a driver reads them.
  private func reserveNames(_ count: Int) {
    guard count > nameRoom else { return }
    names?.deallocate()
    nameRoom = max(count, 1_024)
    // And for the rest of the last word, see `copyLowered`.
    names = .allocate(capacity: nameRoom + 8)
  }
}

// MARK: - What a verdict means

extension Exchange {
  /// Judges the number that the driver returned against what it may say now.
  private func settle(_ number: UInt32, mayAskForMore: Bool) -> Verdict {
    if let bug = sink.bug { return fail(bug) }
    if phase == .relaying { return number == NEXUS_FAILED ? failedByDriver() : .more }
    switch number {
    case NEXUS_MORE:
      return mayAskForMore ? .more : fail("MORE where no further piece can come")
    case NEXUS_SEND:
      guard sink.request.isDescribed else { return fail("SEND without a request") }
      guard sink.answerStatus == 0 else { return fail("SEND after an answer was started") }
      status = 0
      return .send
    case NEXUS_RELAY:
      guard status != 0 else { return fail("RELAY without a reply") }
      guard sink.answerStatus == 0 else { return fail("RELAY after an answer was started") }
      phase = .relaying
      return .relay
    case NEXUS_DONE: return doneByDriver()
    case NEXUS_FAILED: return failedByDriver()
    default: return fail("an unknown verdict")
    }
  }

  private func doneByDriver() -> Verdict {
    guard !kind.answersClient || sink.answerStatus != 0 else {
      return fail("DONE without an answer")
    }
    phase = .finished
    return .done
  }

  private func failedByDriver() -> Verdict {
    guard sink.failure != nil else { return fail("FAILED without a reason") }
    phase = .finished
    return .failed
  }

  private func fail(_ bug: StaticString) -> Verdict {
    sink.failure = DriverFailure(.driverBug, "the driver has a bug: \(bug)")
    phase = .finished
    return .failed
  }
}
