import Fleet
import HTTP
import Net
import Telemetry

/// `GET /ws`: the connection becomes a WebSocket, over which the client watches what happens.
extension ClientSession {
  /// Checks the handshake and answers it. The connection takes no further request then: `watcher`
  /// goes on with it, once this one has been told of as ended.
  func watch() async throws(APIError) -> Bool {
    let rules = worker.rules.dashboard
    guard rules.isOn else {
      throw .refused(404, code: "not_found", "There is nothing at /ws: the dashboard is off.")
    }
    let input = connection.input
    let request = connection.request
    let accept: [UInt8]
    do {
      accept = try WebSocketHandshake.accept(request, in: input.span)
    } catch {
      throw APIError(error)
    }
    let kind = try watchedKind(QueryFields(input.span, request.target))
    try checkOrigin(rules)
    if worker.shared.isDraining { throw .stopping }
    guard let place = worker.shared.viewers.enter(limit: rules.maxViewers) else {
      throw .tooManyViewers(rules.maxViewers)
    }
    record.answer(status: 101)
    if await responder.switchToWebSocket(accept: accept) {
      let socket = WebSocketConnection(
        connection.transport, loop: worker.loop, rules: worker.webSockets)
      watcher = WebSocketWatcher(
        kind, socket, feed: worker.shared.live, loop: worker.loop, place: place)
    }
    return false
  }

  /// Goes on as a WebSocket, if that is what the last request has made of the connection. It is no
  /// request under way meanwhile.
  func goOnWatching() async {
    guard let watcher else { return }
    let began = worker.loop.now
    // The worker ends those that it knows when that happens; this one may have come since.
    if worker.shared.isDraining {
      watcher.end(Self.stops)
    } else if !worker.rules.dashboard.isOn {
      watcher.end(Self.switchedOff)
    }
    let end = await watcher.run(early: connection.takeRest())
    self.watcher = nil
    if end == .slow { worker.metrics.shard.viewersDropped.add() }
    log.debug(
      "api", "viewer gone",
      [
        "request_id": String(decoding: requestID, as: UTF8.self), "end": end.name,
        "reason": end.reason, "seconds": Int((worker.loop.now - began) / 1_000),
      ])
  }

  /// What those who watch are told when the gateway stops.
  static let stops = "the gateway stops"
  /// The same when the dashboard is switched off.
  static let switchedOff = "the dashboard is switched off"

  private func watchedKind(_ query: QueryFields) throws(APIError) -> WatchedMessages.Kind {
    switch query["view"] {
    case nil, "api": return .api
    case "page": return .page
    case .some(let other):
      throw .invalid(
        "There is no view '\(other.prefix(40))'; ask for /ws or /ws?view=page.", param: "view")
    }
  }

  /// Refuses web pages of other places. Programs send no Origin, and are none.
  private func checkOrigin(_ rules: DashboardRules) throws(APIError) {
    let input = connection.input
    let request = connection.request
    guard let range = request.value("origin", in: input.span) else { return }
    let origin = input.text(range)
    let host = (request.authority ?? request.value("host", in: input.span)).map { input.text($0) }
    if request.count(of: "origin", in: input.span) == 1,
      rules.allows(origin: origin, host: host ?? "")
    {
      return
    }
    throw .foreignOrigin(origin)
  }
}

extension WebSocketEnd {
  /// Its name in the log.
  fileprivate var name: String {
    switch self {
    case .closed(let code): code.map { "closed \($0.rawValue)" } ?? "closed"
    case .left: "left"
    case .ended(let code): "ended \(code.rawValue)"
    case .fault(let fault): "fault \(fault.code.rawValue)"
    case .slow: "slow"
    }
  }

  fileprivate var reason: String? {
    if case .fault(let fault) = self { fault.reason } else { nil }
  }
}

extension APIError {
  /// A request for `/ws` that opens no WebSocket.
  fileprivate init(_ fault: WebSocketHandshake.Fault) {
    switch fault {
    case .noUpgrade:
      self = .refused(
        426, code: "upgrade_required",
        "/ws is a WebSocket: ask by GET in HTTP/1.1 with 'Connection: Upgrade' and"
          + " 'Upgrade: websocket'. GET /v1/live answers the same once.")
      offersWebSocket = true
    case .otherVersion:
      self = .refused(
        426, code: "upgrade_required", "Version 13 of the WebSocket protocol is spoken here.")
      offersWebSocket = true
    case .badKey:
      self = .refused(
        400, code: "bad_http", "Sec-WebSocket-Key must be there once: 16 bytes in Base64.")
    case .hasBody:
      self = .refused(400, code: "bad_http", "A request for a WebSocket has no body.")
    }
  }

  /// 403: a web page of another place wants to watch.
  fileprivate static func foreignOrigin(_ origin: String) -> APIError {
    var message =
      "Web pages of '\(origin.prefix(200))' may not watch this gateway. Open the page under the"
      + " gateway's address or its name in the local network"
    if let known = WebOrigin(origin) {
      message += ", or add \"\(known.description.prefix(200))\" to dashboard.origins"
    }
    return .refused(403, code: "origin_not_allowed", message + ".")
  }

  /// 503: as many watch as may.
  fileprivate static func tooManyViewers(_ limit: Int) -> APIError {
    var error = APIError.refused(
      503, code: "too_many_viewers",
      "As many watch already as may: \(limit), which dashboard.max_viewers says.")
    error.type = "service_unavailable"
    error.retryHelps = true
    error.retryAfter = 30
    return error
  }
}
