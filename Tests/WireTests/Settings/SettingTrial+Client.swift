import Foundation

/// What an observation does at the side of the clients.
extension SettingTrial {
  static func chat(_ model: String = "m1", _ more: String = "") -> String {
    #"{"model":"\#(model)",\#(more)"messages":[{"role":"user","content":"say something"}]}"#
  }

  /// An open connection that the trial closes.
  func client(_ gateway: GatewayProcess) throws -> LoadClient {
    let client = try LoadClient(port: gateway.port)
    atEnd { client.close() }
    return client
  }

  /// A client that has sent a chat request and waits.
  func asking(
    _ gateway: GatewayProcess, _ body: String = chat(), headers: String = ""
  ) throws -> LoadClient {
    let client = try client(gateway)
    try client.send(LoadClient.post("/v1/chat/completions", body, headers: headers))
    return client
  }

  func ask(
    _ gateway: GatewayProcess, _ body: String = chat(), headers: String = ""
  ) throws -> LoadClient.Answer {
    try asking(gateway, body, headers: headers).receive()
  }

  /// The backends that answered so many requests, one after the other.
  func servers(_ gateway: GatewayProcess, _ count: Int = 1) throws -> String {
    try (0..<count).map { _ in try ask(gateway).server }.joined(separator: " ")
  }

  /// A connection whose end is waited for.
  func peer(_ name: String, _ gateway: GatewayProcess, sends text: String) throws -> Peer {
    let peer = try Peer.connect(name: name, port: gateway.port)
    atEnd { peer.close() }
    peer.send(Array(text.utf8))
    return peer
  }

  /// The name of the connection that the gateway ends first.
  func firstEnded(_ peers: [Peer]) throws -> String {
    var first: Peer?
    _ = ProcessFigures.wait {
      first = peers.first { $0.end != nil }
      return first != nil
    }
    guard let first else { throw CaseFailure("the gateway ended no connection") }
    return first.name
  }

  /// Whether something happens: what the first value makes come is waited for, what the others do
  /// not make come is given a moment.
  func happens(
    within seconds: Double = 0.4, _ condition: () throws -> Bool
  ) rethrows -> Bool {
    try ProcessFigures.wait(seconds: isFirst ? 15 : seconds, condition)
  }
}

/// What an observation does at the side of the backends.
extension SettingTrial {
  /// The tables of all servers of a simulator, each with what `more` says under its name.
  static func tables(
    _ simulator: SimulatorProcess, _ more: [String: Values] = [:]
  ) -> [Values] {
    simulator.backends.map { server in
      [
        "name": "\"\(server.name)\"", "url": "\"\(server.url)\"", "type": "\"\(server.type)\"",
      ].merging(more[server.name] ?? [:]) { $1 }
    }
  }

  static func table(_ backend: ScriptedBackend, _ more: Values = [:]) -> Values {
    [
      "name": "\"\(backend.settings.name)\"", "url": "\"http://\(backend.authority)\"",
      "type": #""generic""#,
    ].merging(more) { $1 }
  }

  /// Takes the next request with its body.
  func take(_ backend: ScriptedBackend) throws -> (ScriptedBackend.Request, body: String) {
    let request = try backend.next(until: Date() + 10)
    let channel = Channel(request.peer)
    try channel.begin(request.head)
    return (request, String(decoding: try channel.receiveBody(until: Date() + 10), as: UTF8.self))
  }

  func answer(_ request: ScriptedBackend.Request, of backend: ScriptedBackend) {
    let body = #"{"choices":[]}"#
    let head = """
      HTTP/1.1 200 OK\r
      Content-Type: application/json\r
      Content-Length: \(body.utf8.count)\r
      \r

      """
    request.peer.send(Array((head + body).utf8))
    backend.release(request.peer)
  }
}

extension LoadClient.Answer {
  /// A field of the head, or "none".
  func field(_ name: String) -> String {
    let lines = head.components(separatedBy: "\r\n")
    let line = lines.first { $0.lowercased().hasPrefix("\(name): ") }
    return line.map { String($0.dropFirst(name.count + 2)) } ?? "none"
  }

  /// The backend that answered.
  var server: String { field("x-nexus-backend") }

  /// The status, and the code of an error.
  var verdict: String {
    let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any]
    let error = object?["error"] as? [String: Any]
    return error.map { "\(status) \($0["code"] ?? "none")" } ?? "\(status)"
  }
}
