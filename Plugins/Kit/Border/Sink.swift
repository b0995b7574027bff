import NexusPluginABI

/// Where an exchange puts its results. Valid until the call that it was given to returns; the host
/// copies everything before a function returns.
public struct Sink {
  private let raw: UnsafeMutablePointer<nexus_sink>

  init(_ raw: UnsafeMutablePointer<nexus_sink>) { self.raw = raw }

  // MARK: A request

  /// Begins a request without a body: give the verdict SEND afterwards.
  public func get(_ path: StaticString) {
    request("GET", nexus_slice(path))
  }

  /// Begins a request without a body.
  public func get(_ path: [UInt8]) {
    path.lend { request("GET", $0) }
  }

  /// Begins a request without a body whose method is DELETE.
  public func delete(_ path: [UInt8]) {
    path.lend { request("DELETE", $0) }
  }

  /// Begins a request with a JSON body, which follows by `body`.
  public func post(_ path: StaticString) {
    request("POST", nexus_slice(path))
    header("content-type", "application/json")
  }

  /// Begins a request and describes its JSON body.
  public func post(_ path: StaticString, _ json: [UInt8]) {
    post(path)
    body(json)
  }

  /// The key, if the backend has one, is never seen here: the host fills it in.
  private func request(_ method: StaticString, _ path: nexus_slice) {
    raw.pointee.request?(raw.pointee.host, nexus_slice(method), path)
    header("authorization", "Bearer {credential}")
  }

  /// Adds a header field to the request.
  public func header(_ name: StaticString, _ value: StaticString) {
    raw.pointee.header?(raw.pointee.host, nexus_slice(name), nexus_slice(value))
  }

  /// Appends bytes to the body of the request.
  public func body(_ bytes: [UInt8]) {
    bytes.lend { raw.pointee.body?(raw.pointee.host, $0) }
  }

  /// Appends the client's body with the model's name replaced where the server knows the model by
  /// another one, and with `member` (such as `"max_tokens":5`) as the first member of the object if
  /// it is given. Nothing is copied here.
  public func clientBody(_ operation: Operation, adding member: [UInt8] = []) {
    let size = operation.bodySize
    var sent = 0
    if !member.isEmpty, let brace = operation.openingBrace {
      part(0, brace + 1)
      body(member + [UInt8(ascii: ",")])
      sent = brace + 1
    }
    if let edit = operation.modelEdit, edit.lowerBound >= sent {
      part(sent, edit.lowerBound - sent)
      raw.pointee.body?(raw.pointee.host, operation.raw.model_json)
      sent = edit.upperBound
    }
    part(sent, size - sent)
  }

  private func part(_ offset: Int, _ length: Int) {
    guard length > 0 else { return }
    raw.pointee.body_part?(raw.pointee.host, UInt64(offset), UInt64(length))
  }

  // MARK: Failures

  /// Says why the operation fails and gives the verdict to return.
  public func fail(_ failure: Failure) -> Verdict {
    failure.message.lend { message in
      raw.pointee.fail?(raw.pointee.host, failure.code.rawValue, message, failure.detail)
    }
    return .failed
  }

  /// Says why the operation fails and gives the verdict to return.
  public func fail(_ code: FailureCode, _ message: StaticString) -> Verdict {
    fail(Failure(code, ByteText.bytes(message)))
  }

  // MARK: Reports

  func report<Record>(_ kind: UInt32, _ record: Record) {
    withUnsafePointer(to: record) { raw.pointee.report?(raw.pointee.host, kind, $0) }
  }
}

extension Operation {
  /// Offset of the brace that opens the body, or nil if the body is no JSON object.
  fileprivate var openingBrace: Int? {
    let bytes = raw.body.buffer
    for offset in 0..<bytes.count {
      switch bytes[offset] {
      case UInt8(ascii: "{"): return offset
      case 0x20, 0x09, 0x0A, 0x0D: continue
      default: return nil
      }
    }
    return nil
  }
}
