import Foundation
import Glibc

extension SettingEffect {
  /// `[server]`: limits.
  static let server: [SettingEffect] = [
    SettingEffect("server.max_body", [#""2KiB""#: "413", "": "503"]) { trial in
      var client: LoadClient?
      let gateway = try trial.start { gateway in
        client = try trial.client(gateway)
        _ = try client?.exchange(LoadClient.get("/health"))
      }
      let long = String(repeating: "x", count: 4_000)
      let request = LoadClient.post("/v1/chat/completions", SettingTrial.chat(long))
      return "\(try (client ?? trial.client(gateway)).exchange(request).status)"
    },
    SettingEffect("server.max_concurrent_requests", ["1": "503 gateway_busy", "2": "200"]) {
      trial in
      let backend = try trial.script("one")
      let gateway = try trial.start(backends: [SettingTrial.table(backend)])
      _ = try trial.asking(gateway)
      _ = try trial.take(backend)
      let second = try trial.asking(gateway)
      if !trial.isFirst { trial.answer(try trial.take(backend).0, of: backend) }
      return try second.receive().verdict
    },
    SettingEffect("server.request_timeout_seconds", ["1": "504 none", "60": "200 two"]) { trial in
      let simulator = try trial.simulate(SettingTrial.pair)
      let gateway = try trial.start(
        ["upstream.first_byte_timeout_ms": "2000", "routing.strategy": #""priority_only""#],
        backends: SettingTrial.tables(simulator, ["one": ["priority": "1"]]))
      try simulator.fault(#"{"backend":"one","kind":"stall_before"}"#)
      let answer = try trial.ask(gateway)
      return "\(answer.status) \(answer.server)"
    },
    SettingEffect("server.drain_timeout_seconds", ["0": "503", "60": "200"]) { trial in
      let backend = try trial.script("one")
      let gateway = try trial.start(backends: [SettingTrial.table(backend)])
      let client = try trial.asking(gateway)
      let request = try trial.take(backend).0
      gateway.terminate()
      if !trial.happens({ request.peer.end != nil }) { trial.answer(request, of: backend) }
      return "\(try client.receive().status)"
    },
  ]

  private static let halfHead = "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\n"
  private static let halfBody = halfHead + "Content-Length: 100\r\n\r\n{"
  private static let whole = "GET /health HTTP/1.1\r\nHost: gateway\r\n\r\n"

  /// `[server]`: times of connections. Which of two connections is ended first tells them without
  /// a clock.
  static let connections: [SettingEffect] = [
    SettingEffect("server.header_timeout_ms", ["100": "in head", "60000": "in body"]) { trial in
      let gateway = try trial.start(["server.body_timeout_ms": "500"])
      return try trial.firstEnded([
        try trial.peer("in head", gateway, sends: halfHead),
        try trial.peer("in body", gateway, sends: halfBody),
      ])
    },
    SettingEffect("server.body_timeout_ms", ["100": "in body", "60000": "in head"]) { trial in
      let gateway = try trial.start(["server.header_timeout_ms": "500"])
      return try trial.firstEnded([
        try trial.peer("in head", gateway, sends: halfHead),
        try trial.peer("in body", gateway, sends: halfBody),
      ])
    },
    SettingEffect("server.idle_timeout_ms", ["100": "idle", "60000": "in head"]) { trial in
      let gateway = try trial.start(["server.header_timeout_ms": "500"])
      return try trial.firstEnded([
        try trial.peer("idle", gateway, sends: whole),
        try trial.peer("in head", gateway, sends: halfHead),
      ])
    },
  ]

  /// `[upstream]`: times of the connections with backends.
  static let upstream: [SettingEffect] = [
    SettingEffect("upstream.connect_timeout_ms", ["100": "two", "60000": "none"]) { trial in
      let full = try FullListener()
      trial.atEnd { full.close() }
      let simulator = try trial.simulate(["vllm:0,name=two,model=m1,ttft=1,tps=0"])
      let gateway = try trial.start(
        [
          "server.request_timeout_seconds": "1", "health_check.enabled": "false",
          "routing.strategy": #""priority_only""#,
        ],
        backends: [
          [
            "name": #""one""#, "url": "\"http://127.0.0.1:\(full.port)\"", "type": #""vllm""#,
            "models": #"["m1"]"#, "priority": "1",
          ]
        ] + SettingTrial.tables(simulator, ["two": ["models": #"["m1"]"#]]))
      return try trial.ask(gateway).server
    },
    SettingEffect("upstream.first_byte_timeout_ms", ["100": "two", "60000": "none"]) { trial in
      let simulator = try trial.simulate(SettingTrial.pair)
      let gateway = try trial.start(
        ["server.request_timeout_seconds": "1", "routing.strategy": #""priority_only""#],
        backends: SettingTrial.tables(simulator, ["one": ["priority": "1"]]),
        use: { _ = try trial.ask($0) })
      try simulator.fault(#"{"backend":"one","kind":"stall_before"}"#)
      return try trial.ask(gateway).server
    },
    SettingEffect("upstream.idle_timeout_ms", ["100": "broken", "60000": "whole"]) { trial in
      let backend = try trial.script("one")
      let gateway = try trial.start(backends: [SettingTrial.table(backend)])
      let client = try trial.asking(gateway, SettingTrial.chat("m1", #""stream":true,"#))
      let request = try trial.take(backend).0
      let event = #"data: {"choices":[{"delta":{"content":"a"}}]}"# + "\n\n"
      request.peer.send(
        Array(
          """
          HTTP/1.1 200 OK\r
          Content-Type: text/event-stream\r
          Connection: close\r
          \r
          \(event)
          """.utf8))
      if !trial.happens({ request.peer.end != nil }) {
        request.peer.send(Array("data: [DONE]\n\n".utf8))
        request.peer.close()
      }
      let answer = try StreamedAnswer(from: client)
      return answer.text.contains("\"error\"") ? "broken" : "whole"
    },
  ]
}

/// A port that takes no more connections: its queue is full and nobody accepts.
private final class FullListener {
  let port: UInt16
  private var descriptors: [Int32]

  init() throws(CaseFailure) {
    let (listener, port) = try Sockets.listen(backlog: 0)
    self.port = port
    descriptors = [listener]
    // The queue holds one more than its length; a connection to a full one is left without an
    // answer.
    descriptors.append(try Sockets.connect(port: port))
  }

  func close() {
    for descriptor in descriptors { Glibc.close(descriptor) }
  }
}
