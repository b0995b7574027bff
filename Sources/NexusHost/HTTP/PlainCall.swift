import Net

/// One HTTP request without a driver. Confined to the pool's loop.
public enum PlainCall {
  /// What goes up.
  public struct Request: Sendable {
    public let method: HTTPMethod
    /// Whatever the path of the endpoint.
    public let path: String
    /// JSON, or nil for none.
    public var body: [UInt8]?
    /// Further header lines, each with its CR LF.
    public var lines: [UInt8] = []
    /// Who asks.
    public var agent: StaticString
    /// Whether an idle connection may be used, and this one kept for later.
    public var keepsAlive = false
    /// When it must be over, in milliseconds of the loop's clock; `UInt64.max` for never.
    public var deadline = UInt64.max
    /// Most bytes of the answer's body that are wanted.
    public var limit = 64 * 1024

    public init(_ method: HTTPMethod, _ path: String, agent: StaticString) {
      self.method = method
      self.path = path
      self.agent = agent
    }
  }

  /// What came back.
  public struct Reply: Sendable {
    public var status = 0
    /// Names in lower case.
    public var fields: [String: String] = [:]
    /// As much of it as the limit allows.
    public var body: [UInt8] = []
  }

  /// Why there is no reply.
  public enum Failure: Error {
    case broken(UpstreamError)
    /// What came is no HTTP/1.1: its first bytes.
    case notHTTP([UInt8])
  }

  /// Sends a request and reads its answer. `scope`: what ends the wait early.
  public static func fetch(
    _ request: Request, at endpoint: Endpoint, over pool: UpstreamPool,
    scope: CancelScope = CancelScope()
  ) async throws(Failure) -> Reply {
    defer { scope.detach() }
    if request.keepsAlive, let idle = pool.idleConnection(to: endpoint) {
      do throws(Failure) {
        return try await exchange(request, endpoint, idle, scope)
      } catch .broken(.closed(beforeReply: true)) {
        // The server closed the idle connection while the request was under way.
      }
    }
    let connection: UpstreamConnection
    do {
      connection = try await pool.connect(
        to: endpoint, deadline: request.deadline, onDial: { scope.attach($0) })
    } catch {
      throw .broken(error)
    }
    return try await exchange(request, endpoint, connection, scope)
  }

  private static func exchange(
    _ request: Request, _ endpoint: Endpoint, _ connection: UpstreamConnection,
    _ scope: CancelScope
  ) async throws(Failure) -> Reply {
    defer { connection.release() }
    connection.exchangeDeadline = request.deadline
    scope.attach(connection.transport.channel)
    do throws(UpstreamError) {
      let list = GatherList()
      list.copy(head(request, endpoint) + (request.body ?? []))
      try connection.sendNow(list)
      if list.count > 0 { try await connection.sendRest(list) }
      let length = try await connection.receiveHead(toHead: request.method == .head)
      var reply = head(connection)
      connection.input?.consume(length)
      reply.body = try await read(connection, request.limit)
      return reply
    } catch .malformed(let why) {
      let first = connection.input.map { $0.bytes(0..<min($0.count, 256)) } ?? []
      throw first.isEmpty ? .broken(.malformed(why)) : .notHTTP(first)
    } catch {
      throw .broken(error)
    }
  }

  private static func head(_ request: Request, _ endpoint: Endpoint) -> [UInt8] {
    var head = "\(request.method.name) \(request.path) HTTP/1.1\r\n"
    head += "host: \(endpoint.authority)\r\naccept: */*\r\nuser-agent: \(request.agent)\r\n"
    if !request.keepsAlive { head += "connection: close\r\n" }
    if let body = request.body {
      head += "content-type: application/json\r\ncontent-length: \(body.count)\r\n"
    }
    return Array(head.utf8) + request.lines + [0x0D, 0x0A]
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
        case .end(let offset):
          input.consume(offset)
          return body
        }
      }
      guard try await connection.receiveMore() else { return body }
    }
    return body
  }
}
