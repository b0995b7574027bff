import Foundation

/// A gateway with a configuration file that a test saves again and again.
final class ConfiguredGateway {
  let folder: String
  let gateway: GatewayProcess
  var file: String { "\(folder)/nexus.toml" }

  /// Starts it with that text as its configuration. `keptLog`: how many bytes of its log are kept.
  /// `plugins`: the directory of its drivers, if not of ours.
  init(_ text: String, keptLog: Int = 20_000, plugins: String? = nil) throws {
    folder = "\(NSTemporaryDirectory())/nexus-config-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let file = "\(folder)/nexus.toml"
    try Self.write(text, to: file)
    gateway = try GatewayProcess(
      arguments: ["--config", file] + (plugins.map { ["--plugins", $0] } ?? []), keptLog: keptLog)
  }

  deinit {
    gateway.kill()
    try? FileManager.default.removeItem(atPath: folder)
  }

  static func write(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }

  /// Saves the file by renaming, as careful programs do.
  func save(_ text: String) throws {
    try Self.write(text, to: "\(file).new")
    _ = rename("\(file).new", file)
  }

  /// Saves the file and waits until all workers go by it.
  @discardableResult
  func reload(_ text: String) throws -> ControlAnswer {
    try save(text)
    return try gateway.control("POST", "/reload")
  }

  /// Waits until the log says something so many times.
  func waitForLog(_ text: String, times: Int = 1) throws {
    let came = ProcessFigures.wait {
      gateway.log.components(separatedBy: text).count > times
    }
    guard came else { throw CaseFailure("the log never said '\(text)':\n\(gateway.log)") }
  }

  /// The backend of that name as the control socket shows it, or nil.
  func backend(_ name: String) throws -> [String: Any]? {
    try gateway.control("GET", "/backends").list("backends").first {
      $0["name"] as? String == name
    }
  }

  func waitForPriority(_ priority: Int, _ how: String) throws {
    let came = try ProcessFigures.wait { try backend("a")?["priority"] as? Int == priority }
    guard came else {
      throw CaseFailure("\(how) was not noticed; the log:\n\(gateway.log)")
    }
  }

  /// Ends it in good order.
  func finish() throws {
    gateway.terminate()
    try gateway.expectExit()
  }
}
