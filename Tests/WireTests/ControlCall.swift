import Foundation

/// An answer from a control socket.
struct ControlAnswer {
  let status: Int
  let head: String
  let object: [String: Any]

  /// The code of an error, or nil.
  var code: String? { (object["error"] as? [String: Any])?["code"] as? String }
  var message: String { (object["error"] as? [String: Any])?["message"] as? String ?? "" }

  /// An array of objects.
  func list(_ name: String) -> [[String: Any]] { object[name] as? [[String: Any]] ?? [] }
}

extension GatewayProcess {
  /// Where its control socket is, unless it was told another place.
  var controlSocket: String { "\(runtimeDirectory)/control-\(port).sock" }

  /// Asks over the control socket, on a connection of its own.
  func control(
    _ method: String, _ path: String, _ body: String? = nil
  ) throws -> ControlAnswer {
    try Self.control(controlSocket, method, path, body)
  }

  static func control(
    _ socket: String, _ method: String, _ path: String, _ body: String? = nil
  ) throws -> ControlAnswer {
    let client = try LoadClient(path: socket)
    defer { client.close() }
    var request = "\(method) \(path) HTTP/1.1\r\nHost: nexus\r\n"
    if let body { request += "Content-Length: \(body.utf8.count)\r\n" }
    let answer = try client.exchange(Array("\(request)\r\n\(body ?? "")".utf8))
    let object = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
    return ControlAnswer(status: answer.status, head: answer.head, object: object ?? [:])
  }

  /// Waits until a backend is as expected; the last that was seen tells what is wrong otherwise.
  func waitForBackend(
    _ name: String, _ condition: ([String: Any]) -> Bool
  ) throws -> [String: Any] {
    var last: [String: Any] = [:]
    let came = try ProcessFigures.wait {
      last =
        try control("GET", "/backends").list("backends").first {
          $0["name"] as? String == name
        } ?? [:]
      return condition(last)
    }
    guard came else { throw CaseFailure("backend '\(name)' stayed \(last)") }
    return last
  }
}
