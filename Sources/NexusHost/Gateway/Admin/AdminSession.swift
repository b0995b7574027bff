import Glibc
import HTTP
import Net

/// An administrator's connection from its first request to its last. Confined to the control loop.
final class AdminSession {
  private let connection: ServerConnection
  private let routes: [AdminRoute]
  private let list = GatherList()
  /// Whether the process at the other end runs as this user or as root.
  private let isAllowed: Bool
  private var ids = RequestIDs(seed: UInt64.random(in: 0 ... .max))
  private var requestID: [UInt8] = []
  private static let settings = {
    var settings = ServerSettings()
    settings.maxBody = 1 << 20
    return settings
  }()

  init(transport: Transport, loop: EventLoop, routes: [AdminRoute]) {
    connection = ServerConnection(transport: transport, loop: loop, settings: Self.settings)
    self.routes = routes
    let user = Socket.peerUser(of: transport.channel.fd)
    isAllowed = user == 0 || user == geteuid()
  }

  /// Serves requests until one side closes.
  func run() async {
    var goesOn = true
    while goesOn {
      do throws(ServerError) {
        guard try await connection.nextRequest() else { break }
        goesOn = await serve()
        connection.finishRequest()
      } catch {
        ids.next(&requestID)
        if let error = APIError(error) { _ = await answer(AdminError(error)) }
        break
      }
    }
    connection.close()
  }

  /// Answers one request. Returns whether the connection goes on.
  private func serve() async -> Bool {
    let input = connection.input
    let named = connection.request.value("x-request-id", in: input.span)
    ids.write(named, in: input.span, to: &requestID)
    do throws(AdminError) {
      guard isAllowed else {
        throw AdminError(403, "not_allowed", "Only the gateway's own user and root may ask this.")
      }
      let (route, parameters) = try routes.route(
        connection.request.method, named: input.text(connection.request.methodRange),
        input.text(connection.request.path))
      try await readBody()
      let answer = try await route.handler(
        AdminRequest(
          parameters: parameters, query: QueryFields(input.span, connection.request.target),
          body: connection.bodyBuffer.bytes(connection.bodyRange),
          descriptor: connection.transport.channel.fd))
      return await responder.send(
        status: answer.status, type: answer.type, body: answer.body,
        keepAlive: connection.request.keepAlive)
    } catch {
      return await self.answer(error)
    }
  }

  private func readBody() async throws(AdminError) {
    do {
      try await connection.readBody()
    } catch {
      throw AdminError(APIError(error) ?? .bodyCut)
    }
  }

  private func answer(_ error: AdminError) async -> Bool {
    let cutsOff = error.closesConnection || connection.hasUnreadBody
    let keep = connection.request.keepAlive && !cutsOff
    let sent = await responder.send(
      status: error.status, body: error.json, keepAlive: keep
    ) { out in
      if !error.allow.isEmpty { HeadWriter.field("allow", Array(error.allow.utf8), in: out) }
    }
    if cutsOff { await connection.closeGently() }
    return sent
  }

  private var responder: Responder {
    Responder(
      connection: connection, list: list, requestID: requestID,
      sendTimeout: Self.settings.sendTimeout)
  }
}
