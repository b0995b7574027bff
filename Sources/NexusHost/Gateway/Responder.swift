import HTTP
import Net

/// Writes answers of the host itself to one client. Confined to its loop's thread.
struct Responder {
  let connection: ServerConnection
  let list: GatherList
  let requestID: [UInt8]
  let sendTimeout: UInt64

  /// Sends an answer with a body. Returns whether the connection can go on.
  func send(
    status: Int, type: StaticString = "application/json", body: [UInt8],
    keepAlive: Bool, extra: (ByteBuffer) -> Void = { _ in }
  ) async -> Bool {
    list.removeAll()
    let out = list.own
    HeadWriter.start(status, in: out)
    // RFC 9110 §15.4.5: what this says of a body would be said of the one that is not sent.
    if status != 304 {
      out.append("content-type: ")
      out.append(type)
      out.append("\r\n")
      HeadWriter.field("content-length", UInt64(body.count), in: out)
    }
    HeadWriter.field("x-request-id", requestID, in: out)
    extra(out)
    Self.appendConnection(keepAlive, isHTTP10: connection.request.isHTTP10, to: out)
    out.append("\r\n")
    if connection.request.method != .head { out.append(body) }
    list.appendOwn(from: 0)
    return await flush() && keepAlive
  }

  /// Says that from now on a WebSocket is spoken (RFC 6455 §4.2.2). Returns whether that could be sent.
  func switchToWebSocket(accept: [UInt8]) async -> Bool {
    list.removeAll()
    let out = list.own
    HeadWriter.start(101, in: out)
    out.append("upgrade: websocket\r\nconnection: Upgrade\r\n")
    HeadWriter.field("sec-websocket-accept", accept, in: out)
    HeadWriter.field("x-request-id", requestID, in: out)
    out.append("\r\n")
    list.appendOwn(from: 0)
    return await flush()
  }

  /// Sends an error. Returns whether the connection can go on.
  func send(_ error: APIError, keepAlive: Bool) async -> Bool {
    await send(
      status: error.status, body: ErrorBody.json(error),
      keepAlive: keepAlive && !error.closesConnection
    ) { out in
      if let seconds = error.retryAfter {
        HeadWriter.field("retry-after", UInt64(seconds), in: out)
      }
      if !error.retryHelps { out.append("x-should-retry: false\r\n") }
      if let stop = error.retryStop {
        HeadWriter.field("x-nexus-retry-stopped", Array(stop.utf8), in: out)
      }
      if let operation = error.operation {
        HeadWriter.field("x-nexus-lifecycle-operation", Array(operation.utf8), in: out)
      }
      if let context = error.context { RejectionFields.append(context.refusals, to: out) }
      if let allow = error.allow {
        out.append("allow: ")
        out.append(allow)
        out.append("\r\n")
      }
      // RFC 9110 §15.5.22, RFC 6455 §4.4.
      if error.offersWebSocket {
        out.append("upgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-version: 13\r\n")
      }
    }
  }

  /// The Connection field, where the version's default is not meant (RFC 9112 §9.3).
  static func appendConnection(_ keepAlive: Bool, isHTTP10: Bool, to out: ByteBuffer) {
    if !keepAlive {
      out.append("connection: close\r\n")
    } else if isHTTP10 {
      out.append("connection: keep-alive\r\n")
    }
  }

  private func flush() async -> Bool {
    connection.transport.channel.setDeadline(after: sendTimeout)
    do {
      try await connection.transport.send(list)
      connection.transport.channel.clearDeadline()
      return true
    } catch {
      return false
    }
  }
}
