import Foundation
import Testing

/// A gateway that logs JSON at the level trace, with its lines at hand.
struct LoggedGateway {
  typealias Line = [String: Any]

  let gateway: GatewayProcess

  init(_ arguments: [String], environment: [String: String] = [:]) throws {
    gateway = try GatewayProcess(
      arguments: ["--log-format", "json", "--log-level", "trace"] + arguments,
      environment: environment, keptLog: .max)
  }

  /// Waits until so many backends take requests.
  func waitForHealthy(_ count: Int) throws {
    try gateway.waitForHealth("\(count) healthy backends", until: Date() + 15) {
      ($0["backends"] as? [String: Any])?["healthy"] as? Int == count
    }
  }

  /// All whole lines so far. Every one must be a JSON object with the members that all have.
  func lines() throws -> [Line] {
    try gateway.log.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map {
      text in
      let object = try? JSONSerialization.jsonObject(with: Data(text.utf8))
      guard let line = object as? Line else { throw CaseFailure("no JSON object: \(text)") }
      for member in ["timestamp", "level", "target", "message"] where !(line[member] is String) {
        throw CaseFailure("no '\(member)' in \(text)")
      }
      return line
    }
  }

  /// Waits for the access line of the request with that id.
  func access(_ id: String) throws -> Line {
    try wait("the access line of \(id)") {
      $0["message"] as? String == "request completed" && $0["request_id"] as? String == id
    }
  }

  /// Waits for a line that satisfies the condition.
  func wait(_ what: String, _ condition: (Line) -> Bool) throws -> Line {
    var found: Line?
    _ = try ProcessFigures.wait { () throws -> Bool in
      found = try lines().first(where: condition)
      return found != nil
    }
    guard let found else { throw CaseFailure("never saw \(what):\n\(gateway.log)") }
    return found
  }

  /// Sends a chat request with an id, and takes the answer.
  @discardableResult
  func chat(_ id: String, _ body: String) throws -> LoadClient.Answer {
    try LoadClient(port: gateway.port).using {
      try $0.exchange(
        LoadClient.post("/v1/chat/completions", body, headers: "X-Request-Id: \(id)\r\n"))
    }
  }

  func end() throws {
    gateway.terminate()
    try gateway.expectExit()
  }
}
