import Foundation
import Testing

/// docs/alerts.yml and its own tests, as the tool of Prometheus sees them.
@Suite struct AlertRuleTests {
  static let rules = GatewayProcess.package.appendingPathComponent("docs/alerts.yml").path
  private static let tests = GatewayProcess.package
    .appendingPathComponent("Tests/Prometheus/alerts.test.yml").path
  static let promtool = "/usr/bin/promtool"
  private static let hasTool = FileManager.default.isExecutableFile(atPath: promtool)

  static func names() throws -> [String] {
    try String(contentsOfFile: rules, encoding: .utf8).matches(of: /- alert: (\w+)/).map {
      String($0.output.1)
    }
  }

  @Test(.enabled(if: hasTool)) func promtoolAcceptsTheRules() throws {
    let run = try ProgramRun(Self.promtool, arguments: ["check", "rules", Self.rules])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
  }

  @Test(.enabled(if: hasTool)) func theRulesTellWhenTheyShould() throws {
    let run = try ProgramRun(Self.promtool, arguments: ["test", "rules", Self.tests])
    #expect(run.status == 0, "\(run.output)\(run.errors)")
  }

  /// One test for each rule, in which it fires; the first of all has nothing fire.
  @Test func everyRuleIsTested() throws {
    let text = try String(contentsOfFile: Self.tests, encoding: .utf8)
    let names = try Self.names()
    #expect(names.count >= 20 && Set(names).count == names.count)
    for name in names {
      #expect(
        text.contains("{ labels: 'ALERTS{alertname=\"\(name)\",alertstate=\"firing\""),
        "\(name) never fires in \(Self.tests)")
    }
    #expect(
      text.contains("'count(ALERTS{alertstate=\"firing\"})', eval_time: 60m, exp_samples: []"))
  }

  @Test func rulesNameFamiliesAndLabelsThatExist() throws {
    let metrics = try DocumentedMetrics()
    let text = try String(contentsOfFile: Self.rules, encoding: .utf8)
    for rule in text.components(separatedBy: "- alert: ").dropFirst() {
      let name = rule.prefix { $0.isLetter }
      guard let start = rule.firstRange(of: "expr:"), let end = rule.firstRange(of: "labels:")
      else { throw CaseFailure("\(name) has no expression or no labels") }
      let query = String(rule[start.upperBound..<end.lowerBound])
        .replacing(#/resets\(nexus_uptime_seconds/#, with: "(nexus_uptime_seconds")
      #expect(metrics.faults(of: query) == [], "\(name)")
      #expect(rule.contains("summary:") && rule.contains("description:"), "\(name)")
      #expect(rule.contains(/severity: (critical|warning|info)/), "\(name)")
    }
  }
}
