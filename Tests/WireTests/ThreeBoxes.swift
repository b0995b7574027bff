/// Three imitated vLLM servers and the configuration of a gateway before them: two with the model "m",
/// and a third that takes one request at a time, for "slow:1". "gone" falls back to "m".
enum ThreeBoxes {
  /// "Box 0", "Box 1" and "Box 2", tried in that order.
  static func configuration(
    _ simulator: SimulatorProcess, threads: Int = 2, _ more: String = ""
  ) -> String {
    let backends = simulator.backends.enumerated().map { number, backend in
      """

      [[backends]]
      name = "Box \(number)"
      url = "\(backend.url)"
      type = "vllm"
      priority = \(number + 1)
      \(number == 2 ? "max_concurrent = 1" : "")
      """
    }
    return """
      [server]
      threads = \(threads)
      [queue]
      max_wait_seconds = 1
      [routing]
      strategy = "priority_only"
      [routing.fallbacks]
      gone = ["m"]
      \(more)
      \(backends.joined())
      """
  }

  static func start() throws -> SimulatorProcess {
    try SimulatorProcess(
      ["a", "b"].map { "vllm:0,name=\($0),model=m,ttft=0,tps=0,words=5,slots=64" }
        + ["vllm:0,name=c,model=slow:1,ttft=0,tps=0,words=5,slots=64"])
  }
}
