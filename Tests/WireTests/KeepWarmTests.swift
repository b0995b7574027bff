import Foundation
import Testing

/// Models that the gateway loads by itself, on every kind of server that loads on request.
@Suite(.serialized) struct KeepWarmTests {
  private static func file(_ simulator: SimulatorProcess) -> String {
    let backends = simulator.backends.map {
      """
      [[backends]]
      name = "\($0.name)"
      url = "\($0.url)"
      keep_warm = ["*"]
      never_load = ["no-*"]
      memory_gb = 1000
      """
    }
    return "[discovery]\nenabled = false\n" + backends.joined(separator: "\n") + "\n"
  }

  @Test func everyKindLoads() throws {
    let kinds = ["ollama", "lmstudio", "exo", "llamacpp-router"]
    let simulator = try SimulatorProcess(
      kinds.map { "\($0):0,name=\($0),model=m-1,model=m-2,model=no-3,load=20" })
    defer { simulator.stop() }
    let configured = try ConfiguredGateway(Self.file(simulator))
    func loads() -> Set<String> {
      var loads: Set<String> = []
      for line in configured.gateway.log.split(separator: "\n") where line.contains("load done") {
        for kind in kinds where line.contains(kind) {
          for model in ["m-1", "m-2", "no-3"] where line.contains(model) {
            loads.insert("\(kind) \(model)")
          }
        }
      }
      return loads
    }
    // The first model of these two is there from the beginning.
    let wanted: Set<String> = [
      "ollama m-1", "ollama m-2", "lmstudio m-2", "exo m-2", "llamacpp-router m-1",
      "llamacpp-router m-2",
    ]
    let came = ProcessFigures.wait { loads() == wanted }
    #expect(came, "\(loads())\n\(configured.gateway.log)")
    #expect(!configured.gateway.log.contains("load failed"))
    try configured.finish()
  }
}
