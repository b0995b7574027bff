import HTTP
import Net

/// One HTTP request on a connection of its own, without a driver. Confined to the pool's loop.
enum PlainCall {
  /// What came back.
  struct Reply: Sendable {
    var status = 0
    /// Names in lower case.
    var fields: [String: String] = [:]
    /// As much of it as the limit allows.
    var body: [UInt8] = []
  }

  /// Why there is no reply.
  enum Failure: Error {
    case broken(UpstreamError)
    /// What came is no HTTP/1.1: its first bytes.
    case notHTTP([UInt8])
  }

  /// Sends a request and reads its answer, at most `limit` bytes of the body.
  static func fetch(
    _ method: HTTPMethod, _ path: String, at endpoint: Endpoint, body: [UInt8]? = nil,
    limit: Int = 64 * 1024, over pool: UpstreamPool
  ) async throws(Failure) -> Reply {
    let connection: UpstreamConnection
    do {
      connection = try await pool.connect(to: endpoint)
    } catch {
      throw .broken(error)
    }
    defer { connection.close() }
    do throws(UpstreamError) {
      let list = GatherList()
      list.copy(request(method, path, endpoint, body))
      try connection.sendNow(list)
      if list.count > 0 { try await connection.sendRest(list) }
      let length = try await connection.receiveHead(toHead: method == .head)
      var reply = head(connection)
      connection.input?.consume(length)
      reply.body = try await read(connection, limit)
      return reply
    } catch .malformed(let why) {
      let first = connection.input.map { $0.bytes(0..<min($0.count, 256)) } ?? []
      throw first.isEmpty ? .broken(.malformed(why)) : .notHTTP(first)
    } catch {
      throw .broken(error)
    }
  }

  private static func request(
    _ method: HTTPMethod, _ path: String, _ endpoint: Endpoint, _ body: [UInt8]?
  ) -> [UInt8] {
    var head = "\(method.name) \(path) HTTP/1.1\r\nhost: \(endpoint.authority)\r\n"
    head += "accept: */*\r\nconnection: close\r\nuser-agent: nexus-doctor\r\n"
    if let body {
      head += "content-type: application/json\r\ncontent-length: \(body.count)\r\n"
    }
    return Array("\(head)\r\n".utf8) + (body ?? [])
  }

  private static func head(_ connection: UpstreamConnection) -> Reply {
    var reply = Reply(status: connection.head.status)
    guard let input = connection.input else { return reply }
    for field in connection.head.fields {
      reply.fields[input.text(field.name).lowercased()] = input.text(field.value)
    }
    return reply
  }

  private static func read(
    _ connection: UpstreamConnection, _ limit: Int
  ) async throws(UpstreamError) -> [UInt8] {
    var body: [UInt8] = []
    while body.count < limit {
      var isNeeded = true
      while let input = connection.input, isNeeded {
        let step: BodyDecoder.Step
        do {
          step = try connection.body.next(input.span, from: 0)
        } catch {
          throw .malformed(error.message.description)
        }
        switch step {
        case .data(let range):
          body += input.bytes(range)
          input.consume(range.upperBound)
        case .more:
          input.consume(input.count)
          isNeeded = false
        case .end: return body
        }
      }
      guard try await connection.receiveMore() else { return body }
    }
    return body
  }
}
