/// The control endpoint: faults on and off, and what the backends have seen.
final class Control: ConnectionOwner {
  private let fleet: [Backend]
  private let cheap: [CheapServer]
  private let loop: Loop
  private(set) var listener: Listener?
  private var connections: [Int32: Connection] = [:]

  var style: HeadStyle { .plain }
  var idleLimit: Double? { nil }

  init(_ fleet: [Backend], _ cheap: [CheapServer], _ loop: Loop) {
    self.fleet = fleet
    self.cheap = cheap
    self.loop = loop
  }

  func open(_ host: String, _ port: UInt16) -> Bool {
    listener = Listener(loop, host, port) { [weak self] socket in
      guard let self else { return }
      connections[socket] = Connection(loop, socket, owner: self)
    }
    return listener != nil
  }

  func sawIncomplete(_ request: Request) {}
  func closed(_ connection: Connection) { connections[connection.descriptor] = nil }

  func serve(_ request: Request, on connection: Connection) -> Exchange {
    let exchange = Exchange(request, Record(0, request), on: connection)
    do throws(ControlError) {
      answer(exchange, try act(request))
    } catch {
      answer(exchange, ["error": .string(error.message)], status: 400)
    }
    return exchange
  }

  private func answer(_ exchange: Exchange, _ body: JSON, status: Int = 200) {
    exchange.respond(status, type: "application/json", Array((body.text() + "\n").utf8))
  }

  private func act(_ request: Request) throws(ControlError) -> JSON {
    switch (request.method, request.path) {
    case ("GET", "/backends"):
      return ["backends": .array(fleet.map(describe) + cheap.map(describe))]
    case ("GET", "/requests"): return try requests(request)
    case ("POST", "/fault"): return try setFault(request)
    case ("POST", "/clear"): return try clear(request)
    case ("POST", "/reset"):
      for backend in fleet {
        backend.clearFaults()
        backend.clearLog()
      }
      return ["ok": true]
    default:
      throw ControlError(
        "known: GET /backends, GET /requests?backend=NAME[&last=N][&bodies=0], "
          + "POST /fault, POST /clear, POST /reset")
    }
  }

  private func body(_ request: Request) throws(ControlError) -> JSON {
    guard !request.body.isEmpty else { return [:] }
    do throws(JSONError) {
      return try JSONParser.parse(request.body)
    } catch {
      throw ControlError("body is not JSON: \(error.message) at \(error.offset)")
    }
  }

  private func named(_ name: String?) throws(ControlError) -> Backend {
    guard let backend = fleet.first(where: { $0.name == name }) else {
      let names = fleet.map(\.name).joined(separator: ", ")
      throw ControlError("no backend \"\(name ?? "")\"; there are: \(names)")
    }
    return backend
  }

  private func setFault(_ request: Request) throws(ControlError) -> JSON {
    let order = try body(request)
    let backend = try named(order["backend"]?.string)
    let fault = try Fault.read(order)
    backend.add(fault)
    return ["ok": true, "backend": .string(backend.name), "kind": .string(fault.kind.rawValue)]
  }

  /// Clears one backend if the body or query names it, otherwise all.
  private func clear(_ request: Request) throws(ControlError) -> JSON {
    let name = try body(request)["backend"]?.string ?? request.query("backend")
    let cleared = name == nil ? fleet : [try named(name)]
    for backend in cleared { backend.clearFaults() }
    return ["ok": true]
  }

  // MARK: Reports

  private func describe(_ backend: Backend) -> JSON {
    [
      "name": .string(backend.name), "type": .string(backend.plan.kind.rawValue),
      "url": JSON(backend.listener?.url), "port": .int(Int(backend.listener?.port ?? 0)),
      "listening": .bool(backend.listener?.isOpen ?? false), "cheap": false,
      "models": JSON(strings: backend.models.map(\.id)),
      "connections": .int(backend.openConnections), "in_flight": .int(backend.inFlight),
      "running": .int(backend.slots.running), "waiting": .int(backend.slots.waiting),
      "requests": .int(backend.log.total), "sighted": .int(backend.sighted),
      "faults": .array(backend.faults.active.map(describe)),
    ]
  }

  private func describe(_ fault: Fault) -> JSON {
    ["kind": .string(fault.kind.rawValue), "count": .int(fault.remaining ?? 0)]
  }

  private func describe(_ server: CheapServer) -> JSON {
    [
      "name": .string(server.name), "type": "generic", "url": JSON(server.listener?.url),
      "port": .int(Int(server.listener?.port ?? 0)), "listening": true, "cheap": true,
      "models": JSON(strings: CheapReplies.models), "connections": .int(server.openConnections),
      "in_flight": .int(server.openStreams), "requests": .int(server.requests),
    ]
  }

  private func requests(_ request: Request) throws(ControlError) -> JSON {
    let backend = try named(request.query("backend"))
    let last = request.query("last").flatMap(Int.init) ?? 1000
    let bodies = request.query("bodies") != "0"
    let log = backend.log
    return [
      "backend": .string(backend.name), "total": .int(log.total), "in_flight": .int(log.inFlight),
      "found": .int(backend.memory.found),
      "completed": .int(log.count(.completed)), "client_gone": .int(log.count(.clientGone)),
      "aborted": .int(log.count(.aborted)), "incomplete": .int(log.count(.incomplete)),
      "connections": .int(backend.openConnections), "accepted": .int(backend.accepted),
      "loads": .int(backend.loads),
      "requests": .array(log.kept.suffix(last).map { $0.json(bodies: bodies) }),
    ]
  }
}
