import Foundation

/// What clients, backends and the gateway can do; `Tests/Cases/README.md` lists it for authors.
extension CaseRunner {
  func playClient(_ step: WireCase.Step) throws(CaseFailure) {
    let channel = try client(step.actor)
    switch step.words {
    case ["closed"]:
      try expectClosed(channel)
      clients[step.actor] = nil
    case ["posts", step.words.last ?? ""]:
      let body = try template.expand(step.block.joined(separator: "\n")).literal()
      let head = """
        POST \(step.words[1]) HTTP/1.1\r
        Host: gateway\r
        Content-Type: application/json\r
        \(Planted.headers)Content-Length: \(body.count)\r
        \r

        """
      channel.methods.append("POST")
      channel.peer.send(Array(head.utf8) + body)
    case ["gets", step.words.last ?? ""]:
      channel.methods.append("GET")
      channel.peer.send(Array("GET \(step.words[1]) HTTP/1.1\r\nHost: gateway\r\n\r\n".utf8))
    default:
      if try exchange(step, on: channel) { return }
      throw CaseFailure("a client cannot '\(step.words.joined(separator: " "))'")
    }
  }

  func play(_ step: WireCase.Step, by backend: ScriptedBackend) throws(CaseFailure) {
    let key = "\(step.actor)/\(step.label)"
    switch (step.words.first ?? "", Array(step.words.dropFirst())) {
    case ("refuses", []): return backend.refuse()
    case ("listens", []): return try backend.listenAgain()
    case ("drops", ["idle", "connections"]): return backend.closeIdle(reset: false)
    case ("resets", ["idle", "connections"]): return backend.closeIdle(reset: true)
    case ("receives", ["nothing"]):
      Thread.sleep(forTimeInterval: 0.1)
      guard backend.unclaimed.isEmpty else {
        throw CaseFailure("\(step.actor) got \(backend.unclaimed)")
      }
      return
    case ("receives", let options) where options.isEmpty || ["head", "on"].contains(options[0]):
      exchanges[key] = try accept(step, options, from: backend)
      return
    default: break
    }
    guard let channel = exchanges[key] else {
      throw CaseFailure("'\(step.actor)' has not received a request yet")
    }
    if step.words == ["closed"] { return try expectClosed(channel) }
    if step.words.first == "answers", step.words.count == 2 {
      let payload = try template.expand(step.block.joined(separator: "\n")).literal()
      let head = """
        HTTP/1.1 \(step.words[1]) Test\r
        Content-Type: application/json\r
        Content-Length: \(payload.count)\r
        \r

        """
      return channel.peer.send(Array(head.utf8) + payload)
    }
    if try exchange(step, on: channel) { return }
    throw CaseFailure("a backend cannot '\(step.words.joined(separator: " "))'")
  }

  func playGateway(_ step: WireCase.Step) throws(CaseFailure) {
    guard let gateway else { return }
    switch step.words.first {
    case "terminates": gateway.terminate()
    case "exits":
      try gateway.expectExit()
      exited()
    case "reports":
      let lines = step.block
      try gateway.waitForHealth(lines.joined(separator: ", "), until: deadline) { object in
        guard let data = try? JSONSerialization.data(withJSONObject: object) else { return false }
        return (try? JSONCheck.check(lines, in: Array(data))) != nil
      }
    default: throw CaseFailure("the gateway cannot '\(step.words.joined(separator: " "))'")
    }
  }

  /// The connection of the client, a new one if it has none.
  private func client(_ name: String) throws(CaseFailure) -> Channel {
    if let channel = clients[name] { return channel }
    let channel = Channel(try Peer.connect(name: name, port: gateway?.port ?? 0))
    clients[name] = channel
    return channel
  }

  /// Takes the next request of a backend: head, and body unless only the head is asked for.
  private func accept(
    _ step: WireCase.Step, _ options: [String], from backend: ScriptedBackend
  ) throws(CaseFailure) -> Channel {
    var options = options
    let isHeadOnly = options.first == "head"
    if isHeadOnly { options.removeFirst() }
    let request = try backend.next(until: deadline)
    switch options {
    case []: break
    case ["on", "a", "new", "connection"] where !request.isReused: break
    case ["on", "the", "same", "connection"] where request.isReused: break
    default:
      let kind = request.isReused ? "the same" : "a new"
      throw CaseFailure("the request came on \(kind) connection")
    }
    let channel = Channel(request.peer)
    try channel.begin(request.head)
    try compare(MessageBlock(step.block), with: request.head)
    guard !isHeadOnly else { return channel }
    try compareBody(MessageBlock(step.block), on: channel)
    backend.release(request.peer)
    return channel
  }

  /// What both sides can do with a connection; false when the step is something else.
  private func exchange(_ step: WireCase.Step, on channel: Channel) throws(CaseFailure) -> Bool {
    if try send(step, on: channel) { return true }
    return try receive(step, on: channel)
  }

  private func send(_ step: WireCase.Step, on channel: Channel) throws(CaseFailure) -> Bool {
    switch step.words {
    case ["sends"]:
      let block = MessageBlock(step.block)
      channel.methods.append(String(block.startLine.prefix { $0 != " " }))
      channel.peer.send(try block.bytes(template))
    case ["sends", "lines"]: channel.peer.send(try bytes(step.block, end: "\r\n"))
    case ["sends", "text"]: channel.peer.send(try bytes(step.block, end: "\n"))
    case ["sends", "bytes"]: channel.peer.send(try bytes(step.block, end: ""))
    case ["sends", "chunk"]:
      let data = try bytes(step.block, end: "\n")
      let size = String(data.count, radix: 16)
      channel.peer.send(Array("\(size)\r\n".utf8) + data + [0x0D, 0x0A])
    case ["sends", "last", "chunk"]: channel.peer.send(Array("0\r\n\r\n".utf8))
    case ["closes"], ["resets"]:
      channel.peer.close(reset: step.words == ["resets"])
      clients[step.actor] = nil
    case ["half-closes"]: channel.peer.halfClose()
    default: return false
    }
    return true
  }

  private func receive(_ step: WireCase.Step, on channel: Channel) throws(CaseFailure) -> Bool {
    guard step.words.first == "receives" else { return false }
    switch Array(step.words.dropFirst()) {
    case []:
      let block = MessageBlock(step.block)
      try compare(block, with: try channel.receiveHead(until: deadline))
      try compareBody(block, on: channel)
    case ["head"]:
      try compare(MessageBlock(step.block), with: try channel.receiveHead(until: deadline))
    case ["text"]: try receivePayload(step.block.map { $0 + "\n" }.joined(), on: channel)
    case ["data"]: try receivePayload(step.block.joined(), on: channel)
    case ["bytes"]: try receiveBytes(step.block.joined(), on: channel)
    case ["lines"]: try receiveBytes(step.block.map { $0 + "{{crlf}}" }.joined(), on: channel)
    case ["end"]: try channel.receiveEnd(until: deadline)
    case ["cut"]: try channel.receiveCut(until: deadline)
    case ["nothing"]:
      Thread.sleep(forTimeInterval: 0.1)
      let unread = channel.peer.unread
      guard unread.isEmpty else { throw CaseFailure("bytes came:\n\(readable(unread))") }
    case let words where words.count >= 2 && ["json", "error"].contains(words[0]):
      try receiveJSON(words, step.block, on: channel)
    default: return false
    }
    return true
  }

  /// What every 503 has: null where it is not known.
  private static let context = [
    "required_tier", "available_backends", "eta_seconds", "privacy_zone_required", "rejections",
  ].map { "error.context.\($0) present" }

  /// `json STATUS` or `error STATUS [CODE]`, with header lines and conditions under it.
  private func receiveJSON(
    _ words: [String], _ block: [String], on channel: Channel
  ) throws(CaseFailure) {
    let head = try channel.receiveHead(until: deadline)
    let body = try channel.receiveBody(until: deadline)
    let isHeader = { (line: String) in
      line.hasPrefix("!") || line.split(separator: " ").first?.hasSuffix(":") == true
    }
    do throws(CaseFailure) {
      let expected = ["HTTP/1.1 \(words[1])", "Content-Type: application/json"]
      try compare(MessageBlock(expected + block.filter(isHeader)), with: head)
      if words[0] == "error" { try JSONCheck.checkEnvelope(body) }
      if words[1] == "503" { try JSONCheck.check(Self.context, in: body) }
      if words.count > 2 { try JSONCheck.check(["error.code = \"\(words[2])\""], in: body) }
      try JSONCheck.check(block.filter { !isHeader($0) }, in: body)
    } catch {
      throw CaseFailure("\(error.reason)\nthe body was:\n\(readable(body))")
    }
  }

  /// Takes the next part of a body, whatever chunks it came in.
  private func receivePayload(_ text: String, on channel: Channel) throws(CaseFailure) {
    let pattern = try template.expand(text)
    let captures = try channel.receive(pattern, described: text, until: deadline)
    template.values.merge(captures) { $1 }
  }

  private func receiveBytes(_ text: String, on channel: Channel) throws(CaseFailure) {
    let pattern = try template.expand(text)
    let captures = try channel.peer.wait(for: text, until: deadline) {
      (buffer: inout [UInt8], end) throws(CaseFailure) -> [String: [UInt8]]? in
      switch pattern.match(prefixOf: buffer[...], ended: end != nil) {
      case .match(let length, let captures):
        buffer.removeFirst(length)
        return captures
      case .partial: return nil
      case .mismatch(let offset):
        throw CaseFailure(difference(expected: text, actual: buffer, at: offset))
      }
    }
    template.values.merge(captures) { $1 }
  }

  private func compare(_ block: MessageBlock, with head: Head) throws(CaseFailure) {
    guard !block.startLine.isEmpty else { return }
    template.values.merge(try block.check(head, template)) { $1 }
  }

  /// Takes the whole body and compares it if the block has one.
  private func compareBody(_ block: MessageBlock, on channel: Channel) throws(CaseFailure) {
    let body = try channel.receiveBody(until: deadline)
    guard let lines = block.body else { return }
    let text = lines.joined(separator: "\n")
    switch try template.expand(text).match(all: body) {
    case .match(_, let captures): template.values.merge(captures) { $1 }
    case .partial: throw CaseFailure(difference(expected: text, actual: body, at: nil))
    case .mismatch(let offset):
      throw CaseFailure(difference(expected: text, actual: body, at: offset))
    }
  }

  private func expectClosed(_ channel: Channel) throws(CaseFailure) {
    try channel.peer.wait(for: "the end of the connection", until: deadline) {
      (buffer: inout [UInt8], end) throws(CaseFailure) -> Void? in
      guard buffer.isEmpty else {
        throw CaseFailure("bytes came before the end:\n\(readable(buffer))")
      }
      return end == nil ? nil : ()
    }
  }

  private func bytes(_ block: [String], end: String) throws(CaseFailure) -> [UInt8] {
    try template.expand(block.map { $0 + end }.joined()).literal()
  }
}
