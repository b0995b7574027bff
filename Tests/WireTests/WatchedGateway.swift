import Foundation
import Testing

/// A gateway that is watched over `/ws`.
enum WatchedGateway {
  /// Of a request for a model that nobody has.
  static let body = #"{"model":"m1","messages":[{"role":"user","content":"hello"}]}"#

  /// Starts a gateway with that configuration, and sees to its orderly end.
  static func play(_ text: String = "", _ body: (ConfiguredGateway) throws -> Void) throws {
    let configured = try ConfiguredGateway(text)
    do {
      try body(configured)
    } catch {
      Issue.record("\(error)\nthe gateway's log:\n\(configured.gateway.log)")
    }
    try configured.finish()
  }

  private static func viewers(_ gateway: GatewayProcess) throws -> Int {
    let page = try gateway.get("/metrics")
    let line = page.split(separator: "\n").first { $0.hasPrefix("nexus_live_viewers ") }
    return line.flatMap { Int($0.dropFirst(19)) } ?? -1
  }

  static func waitForViewers(_ count: Int, _ gateway: GatewayProcess) throws {
    let came = try ProcessFigures.wait { try viewers(gateway) == count }
    guard came else { throw CaseFailure("\(try viewers(gateway)) watch instead of \(count)") }
  }

  /// Whether the gateway answers somebody else.
  static func isWell(_ gateway: GatewayProcess) throws -> Bool {
    try gateway.get("/health").contains("status")
  }
}
