import Control
import Drivers
import Fleet
import HTTP
import Net
import Telemetry
import Text

/// A client's connection from its first request to its last. Confined to its loop's thread.
final class ClientSession {
  let worker: Worker
  let log: Log
  let connection: ServerConnection
  let list = GatherList()
  /// Cancelled when the client goes while its request is served, or when the gateway stops.
  let scope = CancelScope()
  /// Where it stands in its worker's list.
  var listIndex = 0
  /// Whether it has had a request.
  private(set) var hasServed = false
  /// What the body of the present request consists of, the parts of its prompt and its identity
  /// included. Meaningless before the body has been read.
  var outline = RequestOutline()
  private(set) var requestID: [UInt8] = []
  /// The model asked for last.
  private var model = ModelName()
  /// What becomes of the present request.
  let record: RequestRecord
  /// Scratch for the header lines that go up with a request.
  private(set) var forwarded: [UInt8] = []
  /// The gateways that the present request has passed, see `HopTrail.text`.
  private var passed: [UInt8] = []
  /// Whether another gateway has passed the present request on.
  var isPassedOn: Bool { !passed.isEmpty }
  /// What the present request continues.
  var continuation = Continuation()
  /// Who watches over the connection, once it is a WebSocket.
  var watcher: WebSocketWatcher?

  init(transport: Transport, worker: Worker) {
    self.worker = worker
    log = worker.shared.log
    record = RequestRecord(live: worker.requests)
    connection = ServerConnection(
      transport: transport, loop: worker.loop, settings: worker.rules.server)
  }

  /// The way to answer the present request.
  var responder: Responder {
    Responder(
      connection: connection, list: list, requestID: requestID,
      sendTimeout: worker.rules.server.sendTimeout)
  }

  /// Serves requests until one side closes.
  func run() async {
    defer { worker.remove(self) }
    connection.transport.channel.watch(scope)
    var goesOn = true
    while goesOn {
      do throws(ServerError) {
        guard try await connection.nextRequest() else { break }
        hasServed = true
        worker.count(1)
        goesOn = await serve()
        tellEnd()
        worker.count(-1)
        connection.finishRequest()
        if watcher != nil { await goOnWatching() }
      } catch {
        worker.ids.next(&requestID)
        record.begin(at: worker.loop.nowNanoseconds)
        if let error = APIError(error) {
          _ = await answer(error)
          tellEnd()
        }
        return connection.close()
      }
    }
    connection.close()
  }

  /// Tells the log how the present request ended.
  private func tellEnd() {
    record.end(at: worker.loop.nowNanoseconds)
    if record.livePlace != nil { worker.requests.remove(self) }
    worker.metrics.count(record, id: requestID, in: worker.view)
    AccessLine.write(
      record, id: requestID, rules: worker.rules.access, to: worker.shared.log, into: worker.line)
    if record.trace?.isRecorded == true { worker.shared.traces.offer(entry) }
    if worker.rules.historySize > 0, record.asksForModel { worker.history.add(entry) }
    if let (decision, number) = record.decision {
      decision.end(record)
      worker.shared.decisions.keep(decision, addedAs: number)
      record.decision = nil
    }
  }

  /// The present request as it is remembered.
  private var entry: HistoryEntry {
    HistoryEntry(record, id: requestID, unixSeconds: MonotonicClock.unixSeconds())
  }

  /// Ends what it does, because the gateway stops now: an answer that has not begun becomes an error,
  /// and one that has is ended as well as it can be.
  func cutOff() {
    scope.cancel(.stopping)
    connection.stopReading()
  }

  /// Ends the connection if no request begins within so many milliseconds; those who watch are told at
  /// once that the gateway stops.
  func limitIdle(to milliseconds: UInt64) {
    if let watcher { watcher.end(Self.stops) } else { connection.limitIdle(to: milliseconds) }
  }

  /// Answers one request. Returns whether the connection goes on.
  private func serve() async -> Bool {
    record.begin(at: worker.loop.nowNanoseconds)
    let input = connection.input
    let origin = OriginFields(connection.request.fields, in: input.span)
    worker.ids.write(origin.requestID, in: input.span, to: &requestID)
    record.isUnread = false
    scope.reset()
    do throws(APIError) {
      if !passed.isEmpty { passed = [] }
      if origin.isSpecial {
        passed = try origin.check(connection.request.fields, in: input.span, by: worker.shared.id)
      }
      if worker.isCutOff { throw .stopping }
      let resource = try resource()
      guard let kind = resource.operation else { return try await inform(resource) }
      record.operation = kind
      if let traces = worker.rules.traces { beginTrace(kind, traces) }
      try checkContent()
      if try !takeBufferedBody() { try await readBody() }
      let place: InFlight
      if let free = enterHouse() { place = free } else { place = try await enterLater() }
      let goesOn = try await RelayedRequest(session: self, request: try modelRequest(kind)).run()
      _ = consume place
      return goesOn
    } catch {
      return await answer(error)
    }
  }

  /// What the request is for, if there is such a thing and it knows the method.
  private func resource() throws(APIError) -> Resource {
    let input = connection.input
    let resource = RequestPath.resource(input.span, connection.request.path)
    record.endpoint = resource.name
    guard resource != .unknown else {
      let path = input.text(connection.request.path)
      throw .refused(404, code: "not_found", "There is nothing at \(path.prefix(200)).")
    }
    guard resource.allows(connection.request.method) else {
      let method = input.text(connection.request.methodRange).prefix(20)
      var error = APIError.refused(
        405, code: "method_not_allowed", "\(method) is not allowed here; use \(resource.allow).")
      error.allow = resource.allow
      throw error
    }
    return resource
  }

  /// Resources that the host answers by itself. A body that came along is read and ignored.
  private func inform(_ resource: Resource) async throws(APIError) -> Bool {
    record.isInformational = true
    if resource.isLifecycle(connection.request.method) { return try await manage(resource) }
    if resource == .watch { return try await watch() }
    if resource == .explain { try checkContent() }
    try await readBody()
    if resource == .stats || resource == .history { return try await tellPast(resource) }
    if resource == .live { return try await tellLive() }
    if resource == .ready { return await tellReadiness() }
    switch resource {
    case .root where wantsPage, .requestPage, .asset, .icon: return try await show(resource)
    default: record.answer(status: 200)
    }
    let keep = keepsAlive
    let fleet = worker.fleet
    switch resource {
    case .models:
      return await responder.send(status: 200, body: fleet.modelListing, keepAlive: keep)
    case .model(let id):
      let name = String(decoding: id, as: UTF8.self)
      guard let entry = fleet.modelEntry(name) else {
        throw .modelNotFound(UnknownModel.message(name, in: fleet))
      }
      return await responder.send(status: 200, body: entry, keepAlive: keep)
    case .explain:
      return await responder.send(status: 200, body: try explanation(), keepAlive: keep)
    case .decision(let id):
      guard let report = DecisionReport.json(id, in: worker.shared.decisions) else {
        throw .refused(404, code: "request_not_found", DecisionReport.unknown(id))
      }
      return await responder.send(status: 200, body: report, keepAlive: keep)
    case .recommendations:
      let body = AdviceJSON.report(worker.shared.advisor.report)
      return await responder.send(status: 200, body: body, keepAlive: keep)
    case .metrics:
      let input = connection.input
      let accept = connection.request.fields.value("accept", in: input.span)
      let format = MetricText.Format(accept: accept.map { input.text($0) } ?? "")
      let page = await MetricsPage(worker.shared, worker.view, worker.loop).text(format)
      return await responder.send(
        status: 200, type: format.contentType, body: page, keepAlive: keep)
    case .alive:
      return await responder.send(status: 200, body: HealthReport.alive, keepAlive: keep)
    case .health:
      let body = HealthReport.json(worker.shared, fleet)
      return await responder.send(status: 200, body: body, keepAlive: keep)
    default:
      return await responder.send(
        status: 200, type: "text/plain; charset=utf-8", body: Welcome.text(worker.shared, fleet),
        keepAlive: keep
      ) { $0.append("vary: accept\r\n") }
    }
  }

  /// Where the request in the body would go, sent with this head.
  private func explanation() throws(APIError) -> [UInt8] {
    let input = connection.input
    let fields = connection.request.fields
    let affinity = worker.shared.affinity
    let facts = try ExplainRequest.read(
      connection.bodyBuffer.bytes(connection.bodyRange),
      mode: RoutingFields.mode(fields, in: input.span),
      session: affinity.session(fields, in: input.span), worker.view, affinity)
    return RouteReport.json(facts, worker.view, worker.shared.ledger)
  }

  /// A place among the requests that are served at once, or nil if there is none. A request takes
  /// one when its body is there: one that is still being sent holds up nobody.
  private func enterHouse() -> InFlight? {
    worker.shared.requests.enter(limit: worker.rules.limits.concurrent)
  }

  /// A place in a house that was full a moment ago. A request whose client has the whole answer may
  /// still be counted then, and that client's next one is no request too many.
  private func enterLater() async throws(APIError) -> InFlight {
    for _ in 0..<Self.looks {
      await worker.loop.sleep(milliseconds: Self.lookPause)
      if let place = enterHouse() { return place }
    }
    throw .busy(limit: worker.rules.limits.concurrent, fleet: worker.fleet)
  }

  /// How often a full house is looked at again before a request is turned away, and how many
  /// milliseconds lie between two looks.
  private static let looks = 4
  private static let lookPause: UInt64 = 5

  /// What the body asks for. Also gets ready what goes up beside it.
  private func modelRequest(_ kind: OperationKind) throws(APIError) -> ModelRequest {
    let body = connection.bodyBuffer
    let began = worker.metrics.beginReading()
    let request = try ModelRequest.read(
      kind, body.span.extracting(connection.bodyRange), scratch: &outline, known: model)
    if began != 0 { record.readingTime = MonotonicClock.nanoseconds() &- began }
    if request.model != model.bytes { model = ModelName(request) }
    record.ask(request, bytes: connection.bodyRange.count)
    worker.requests.add(self)
    if request.stream { worker.metrics.shard.streamsBegun.add() }
    if worker.rules.access.includesContent, let messages = outline.messages {
      record.promptPreview = PromptPreview.make(
        body.span.extracting(connection.bodyRange), messages: messages)
    }
    let input = connection.input
    writeForwarded(connection.request.fields, input.span)
    connection.transport.channel.tellDependentIfClosed()
    return request
  }

  func checkContent() throws(APIError) {
    let input = connection.input
    try ContentRules.check(connection.request.fields, input.span)
  }

  /// What of the client's head a backend gets to see: who it is, and nothing of what it is allowed.
  private func writeForwarded(_ fields: [HTTPField], _ bytes: Span<UInt8>) {
    forwarded.removeAll(keepingCapacity: true)
    forwarded.append(contentsOf: worker.shared.upstreamLines.before)
    if !passed.isEmpty { forwarded.append(contentsOf: passed) }
    forwarded.append(contentsOf: worker.shared.upstreamLines.after)
    forwarded.append(contentsOf: requestID)
    forwarded.append(0x0d)
    forwarded.append(0x0a)
    let passing = TraceFields.passing(record.trace)
    for field in fields where TraceFields.passesOn(field, bytes, passing) {
      forwarded.append(bytes, field.line)
      forwarded.append(0x0d)
      forwarded.append(0x0a)
    }
  }

  private func takeBufferedBody() throws(APIError) -> Bool {
    do {
      return try connection.takeBufferedBody()
    } catch {
      throw APIError(error) ?? .clientLeft
    }
  }

  func readBody() async throws(APIError) {
    do {
      try await connection.readBody()
    } catch {
      throw scope.cause == .stopping ? .stopping : APIError(error) ?? .bodyCut
    }
  }

  /// What a request is told whose wait was ended.
  var lost: APIError { scope.cause == .stopping ? .stopping : .clientLeft }

  /// Whether the client may send another request on this connection.
  var keepsAlive: Bool { connection.request.keepAlive && !worker.shared.isDraining }

  private func answer(_ error: APIError) async -> Bool {
    record.refuse(error)
    // The body of a request that is refused for its head may still be on its way.
    let cutsOff = error.closesConnection || connection.hasUnreadBody
    let keep = keepsAlive && !cutsOff
    let sent = await responder.send(error, keepAlive: keep)
    if cutsOff { await connection.closeGently() }
    return sent
  }
}

extension APIError {
  /// What a request that could not be read means to the client; nil if there is none any more.
  init?(_ error: ServerError) {
    switch error {
    case .gone: return nil
    case .malformed(let why):
      self = .refused(
        why.status, code: "bad_http", "Malformed HTTP: \(why.message) (byte \(why.offset)).")
    case .tooSlow(let what):
      self = .refused(408, code: "request_timeout", "\(what) did not arrive in time.")
      retryHelps = true
    case .tooLarge(let limit):
      self = .refused(
        413, code: "request_too_large", "The request body is larger than \(limit) bytes.")
    }
    closesConnection = true
  }

  /// For a body that ended before its length: the client may have closed its side only.
  static var bodyCut: APIError {
    var error = APIError.refused(
      400, code: "bad_http", "The connection ended before the request body was complete.")
    error.closesConnection = true
    return error
  }

  /// For requests whose client has gone: it is written to nobody.
  static var clientLeft: APIError {
    var error = APIError.refused(499, code: "client_closed_request", "The client has gone.")
    error.closesConnection = true
    return error
  }
}
