import Glibc
import Net
import NexusPluginABI

// Part of the driver boundary: the C functions behind `nexus_sink`. Each finds the sink by the
// opaque pointer that it was given with the table; the exchange keeps the sink alive during the
// call, so no reference is counted here.
enum SinkTable {
  /// A table with every function set and no host yet.
  static func make() -> nexus_sink {
    nexus_sink(
      size: UInt32(MemoryLayout<nexus_sink>.size), reserved: 0, host: nil,
      request: { host, method, path in
        withSink(host) { $0.startRequest(method: method, path: path) }
      },
      header: { host, name, value in
        withSink(host) { $0.addHeader(name: name, value: value) }
      },
      body: { host, bytes in withSink(host) { $0.appendBody(bytes) } },
      body_part: { host, offset, length in
        withSink(host) { $0.appendBodyPart(offset: offset, length: length) }
      },
      answer: { host, status, type in
        withSink(host) { $0.startAnswer(status: status, contentType: type) }
      },
      emit: { host, bytes in withSink(host) { $0.emitAnswer(bytes) } },
      report: { host, kind, record in withSink(host) { $0.record(kind: kind, record: record) } },
      fail: { host, code, message, detail in
        withSink(host) { $0.recordFailure(code: code, message: message, detail: detail) }
      })
  }
}

@inline(__always)
private func withSink(_ host: UnsafeMutableRawPointer?, _ body: (DriverSink) -> Void) {
  guard let host else { return }
  Unmanaged<DriverSink>.fromOpaque(host)._withUnsafeGuaranteedRef(body)
}

// MARK: - Building the request

extension RequestDescription {
  /// Appends a checked field as a line.
  func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    let start = lines.count
    lines.append(name)
    lines.append(byte: 0x3A)
    lines.append(byte: 0x20)
    let valueStart = lines.count
    lines.append(value)
    let valueEnd = lines.count
    lines.append(byte: 0x0D)
    lines.append(byte: 0x0A)
    let marked = Self.holdsMarker(value)
    takesCredential = takesCredential || marked
    fields.append(
      Field(
        name: start..<(start + name.count), value: valueStart..<valueEnd,
        line: start..<lines.count, takesCredential: marked))
  }

  private static func holdsMarker(_ value: UnsafeRawBufferPointer) -> Bool {
    let marker: StaticString = "{credential}"
    let length = marker.utf8CodeUnitCount
    guard let base = value.baseAddress, value.count >= length,
      let first = memchr(base, 0x7B, value.count)
    else { return false }
    var start = UnsafeRawPointer(first) - base
    while start + length <= value.count {
      if memcmp(base + start, marker.utf8Start, length) == 0 { return true }
      start += 1
    }
    return false
  }

  /// Appends the driver's own bytes to the body; false if the body grows beyond a limit.
  func append(literal bytes: UnsafeRawBufferPointer) -> Bool {
    guard !bytes.isEmpty else { return true }
    guard grow(by: bytes.count) else { return false }
    let start = literals.count
    literals.append(bytes)
    // Neighbouring pieces become one, so that a driver that emits byte by byte costs no parts.
    if case .literal(let last)? = parts.last {
      parts[parts.count - 1] = .literal(last.lowerBound..<literals.count)
    } else {
      parts.append(.literal(start..<literals.count))
    }
    return parts.count <= DriverLimits.bodyParts
  }

  /// Appends a piece of the client's body; false if the body grows beyond a limit.
  func append(clientOffset offset: Int, length: Int) -> Bool {
    guard length > 0 else { return true }
    guard grow(by: length), parts.count < DriverLimits.bodyParts else { return false }
    parts.append(.client(offset: offset, length: length))
    return true
  }

  private func grow(by count: Int) -> Bool {
    guard count <= DriverLimits.bodyBytes - bodyLength else { return false }
    bodyLength += count
    return true
  }
}
