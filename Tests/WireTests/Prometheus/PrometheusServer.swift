import Foundation

/// A running Prometheus that scrapes a gateway five times a second.
final class PrometheusServer {
  static let program = "/usr/bin/prometheus"
  static let isInstalled = FileManager.default.isExecutableFile(atPath: program)

  private let port: UInt16
  private let server: ChildProcess
  private let folder = try? TestFolder()

  /// `rules`: a file of rules that it judges.
  init(gateway: UInt16, rules: String) throws {
    guard let folder else { throw CaseFailure("no folder for Prometheus") }
    let file = try folder.write(
      "prometheus.yml",
      """
      global: { scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 500ms }
      rule_files: ["\(rules)"]
      scrape_configs:
        - job_name: nexus
          static_configs: [{ targets: ["127.0.0.1:\(gateway)"] }]
      """)
    port = try Sockets.portForListening()
    server = try ChildProcess(
      Self.program,
      arguments: [
        "--config.file=\(file)", "--storage.tsdb.path=\(folder.url.path)/data",
        "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
      ])
  }

  deinit { server.kill() }

  var log: String { server.log }

  /// What it answers to `GET /api/v1/PATH`; nil unless that is a success.
  func ask(_ path: String) -> Any? {
    guard let client = try? LoadClient(port: port) else { return nil }
    defer { client.close() }
    guard let answer = try? client.exchange(LoadClient.get("/api/v1/\(path)")) else { return nil }
    let parsed = try? JSONSerialization.jsonObject(with: unchunked(answer))
    let whole = parsed as? [String: Any]
    return whole?["status"] as? String == "success" ? whole?["data"] : nil
  }

  /// The series that a query finds, with their values; nil if it is refused.
  func query(_ text: String) -> [[String: Any]]? {
    let safe = text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    return (ask("query?query=\(safe)") as? [String: Any])?["result"] as? [[String: Any]]
  }

  /// The value of the only series that a query finds.
  func value(_ text: String) -> Double? {
    guard let found = query(text), found.count == 1 else { return nil }
    return (found[0]["value"] as? [Any])?.last.flatMap { Double("\($0)") }
  }

  private func unchunked(_ answer: LoadClient.Answer) -> Data {
    guard answer.head.lowercased().contains("transfer-encoding: chunked") else {
      return Data(answer.body)
    }
    var whole: [UInt8] = []
    var rest = answer.body[...]
    while let end = rest.firstIndex(of: 0x0A) {
      let digits = String(decoding: rest[..<end], as: UTF8.self).trimmingCharacters(in: .newlines)
      guard let length = Int(digits, radix: 16), length > 0 else { break }
      whole += rest[(end + 1)...].prefix(length)
      rest = rest[(end + 1)...].dropFirst(length + 2)
    }
    return Data(whole)
  }
}
