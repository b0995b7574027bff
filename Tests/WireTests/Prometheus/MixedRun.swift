import Foundation

/// A gateway before five imitated servers, and requests with whatever can become of them, so that
/// nearly everything that is counted occurs.
final class MixedRun {
  private let simulator: SimulatorProcess
  let gateway: ConfiguredGateway
  var port: UInt16 { gateway.gateway.port }

  init() throws {
    let manner = "ttft=0,tps=0,words=5,slots=64"
    simulator = try SimulatorProcess(
      ["a", "b"].map { "vllm:0,name=\($0),model=m,\(manner)" }
        + [
          "vllm:0,name=c,model=slow:1,\(manner)", "vllm:0,name=d,model=embed-small,\(manner)",
          "vllm:0,name=e,model=o1-pro,\(manner)",
        ])
    let backends = simulator.backends.enumerated().map { number, backend in
      """

      [[backends]]
      name = "\(backend.name)"
      url = "\(backend.url)"
      type = "vllm"
      priority = \(number + 1)
      zone = "\(backend.name == "e" ? "open" : "restricted")"
      \(backend.name == "c" ? "max_concurrent = 1" : "")
      """
    }
    gateway = try ConfiguredGateway(
      """
      [server]
      threads = 2
      [queue]
      max_wait_seconds = 1
      [quality]
      metrics_interval_seconds = 1
      [routing]
      strategy = "priority_only"
      [routing.fallbacks]
      gone = ["m"]
      [routing.budget]
      monthly_limit_usd = 100.0
      \(backends.joined())
      """)
  }

  deinit { simulator.stop() }

  /// One round of it, which takes a second.
  func goOn() throws {
    for _ in 0..<40 { try expect(200, "m") }
    for _ in 0..<4 { try expect(200, "m", stream: true) }
    try expect(404, "nobody")
    try expect(200, "gone")
    try expect(200, "o1-pro")
    try expect(200, "embed-small", embeds: true)
    // One that fails before its answer, so that another backend serves; one that breaks off in it.
    try simulator.fault(#"{"backend":"a","kind":"garbage","count":1}"#)
    try expect(200, "m")
    try simulator.fault(#"{"backend":"a","kind":"cut","count":1,"after_events":4}"#)
    try expect(200, "m", stream: true)
    // One that has the only place, and one that waits for it in vain.
    try simulator.fault(#"{"backend":"c","kind":"stall_before","count":1}"#)
    let first = try LoadClient(port: port)
    try first.send(request("slow:1", stream: false, embeds: false))
    let isServed = try ProcessFigures.wait {
      try MetricPage(port: port).sum("nexus_pending_requests", ["backend": "c"]) == 1
    }
    guard isServed else { throw CaseFailure("the stalled request never began") }
    try expect(503, "slow:1")
    first.close()
  }

  /// A backend that fails until its circuit opens.
  func openCircuit() throws {
    try simulator.fault(#"{"backend":"d","kind":"garbage"}"#)
    let opened = try ProcessFigures.wait {
      _ = try status("embed-small", embeds: true)
      return try MetricPage(port: port).sum("nexus_circuits_opened_total", ["backend": "d"]) >= 1
    }
    try simulator.clear()
    guard opened else { throw CaseFailure("the circuit never opened") }
  }

  private func expect(
    _ wanted: Int, _ model: String, stream: Bool = false, embeds: Bool = false
  ) throws {
    let status = try status(model, stream: stream, embeds: embeds)
    guard status == wanted else { throw CaseFailure("\(model): \(status) instead of \(wanted)") }
  }

  private func status(_ model: String, stream: Bool = false, embeds: Bool) throws -> Int {
    let client = try LoadClient(port: port)
    defer { client.close() }
    return try client.exchange(request(model, stream: stream, embeds: embeds)).status
  }

  private func request(_ model: String, stream: Bool, embeds: Bool) -> [UInt8] {
    if embeds {
      return LoadClient.post("/v1/embeddings", #"{"model":"\#(model)","input":"Hello"}"#)
    }
    let more = stream ? #","stream":true,"stream_options":{"include_usage":true}"# : ""
    return LoadClient.post(
      "/v1/chat/completions",
      #"{"model":"\#(model)","messages":[{"role":"user","content":"Hello"}]\#(more)}"#)
  }
}
