import HTTP
import Testing

@testable import Config

struct CommandLineTests {
  private func settings(_ line: String) throws -> Settings {
    let invocation = try Invocation.parse(line.split(separator: " ").map(String.init))
    return SettingsLoader.load(flags: try FlagValues(invocation)).settings
  }

  @Test func withoutOptionsThereAreTheDefaults() throws {
    #expect(try settings("serve") == Settings())
  }

  @Test func everyOptionIsRead() throws {
    let settings = try settings(
      """
      serve --host [::1] -p 0 --plugins /p --threads 3 --no-probe --max-body=1MB \
      --survey-interval 5 --header-timeout 1 --body-timeout 2 --idle-timeout 3 \
      --connect-timeout 4 --first-byte-timeout 5 --stream-idle-timeout 6 -l debug \
      --log-format JSON --no-health-check --control-socket /c --state-dir /s --drain-timeout 0 \
      -b http://[::1]:11434/,type=ollama,name=gpu,priority=-1,tier=3,zone=Local --backend \
      https://api.example.com/v1,api-key-env=KEY,ca-file=/etc/ca.pem,max-concurrent=2
      """)
    var expected = Settings()
    expected.server.host = "::1"
    expected.server.port = 0
    expected.plugins.directory = "/p"
    expected.server.threads = 3
    expected.discovery.enabled = false
    expected.healthCheck.enabled = false
    expected.server.maxBody = 1_000_000
    expected.healthCheck.intervalSeconds = 5
    expected.server.headerTimeout = 1
    expected.server.bodyTimeout = 2
    expected.server.idleTimeout = 3
    expected.server.drainTimeoutSeconds = 0
    expected.server.controlSocket = "/c"
    expected.server.stateDirectory = "/s"
    expected.upstream.connectTimeout = 4
    expected.upstream.firstByteTimeout = 5
    expected.upstream.idleTimeout = 6
    expected.logging.level = .debug
    expected.logging.format = .json
    var gpu = Settings.Backend(
      name: "gpu", endpoint: Endpoint(scheme: .http, host: "::1", port: 11434), type: "ollama")
    gpu.priority = -1
    gpu.tier = 3
    gpu.zone = .restricted
    var far = Settings.Backend(
      name: "api.example.com",
      endpoint: Endpoint(
        scheme: .https, host: "api.example.com", port: 443, caFile: "/etc/ca.pem"))
    far.keyVariable = "KEY"
    far.maxConcurrent = 2
    expected.backends = [gpu, far]
    #expect(settings == expected)
  }

  /// Every declared option of `serve` changes what is read, so that none is only help.
  @Test func everyDeclaredOptionHasAnEffect() throws {
    let samples = [
      "--host": "0.0.0.0", "--backend": "http://a", "--max-body": "4096", "--log-level": "warn",
      "--log-format": "json",
    ]
    // Where the settings come from, and how the process starts, are no settings.
    let others = ["--config", "--take-over"]
    for option in Commands.serve.options where !others.contains(option.name) {
      var line = "serve \(option.name)"
      if option.value != nil { line += " \(samples[option.name] ?? "7")" }
      #expect(try settings(line) != Settings(), "\(option.name)")
    }
  }

  @Test(arguments: [
    ("", "command is missing"), ("sevre", "Did you mean 'serve'"), ("xyzzy", "no command 'xyzzy'"),
    ("config", "needs one of: init, check, show, reference"),
    ("config --json", "needs one of"), ("plugins lst", "Did you mean 'list'"),
    ("drain attic", "Did you mean 'backends drain'"),
    ("list", "Did you mean 'backends list' or 'models list' or 'plugins list'"),
    ("plugins info", "needs FILE"),
    ("plugins info a b", "does not take 'b'"), ("serve now", "does not take 'now'"),
    ("serve --prot 1", "Did you mean '--port'"), ("serve --port", "needs a value"),
    ("serve --port=", "needs a value"), ("serve --no-probe=1", "takes no value"),
    ("serve --port 1 --port 2", "twice"), ("serve --port 65536", "0 to 65535"),
    ("serve --port -1", "0 to 65535"), ("serve --port x", "0 to 65535"),
    ("serve --threads 0", "1 to 256"), ("serve --max-body 1", "such as 10MiB"),
    ("serve --max-body 10XB", "such as 10MiB"),
    ("serve --max-body 99999999999999999999GiB", "such as 10MiB"),
    ("serve --log-level dbug", "Did you mean 'debug'"), ("serve --host a/b", "give an address"),
    ("serve --log-level info,routng=debug", "Did you mean 'routing'"),
    ("serve --log-level api=debug=2", "COMPONENT=LEVEL"),
    ("serve --log-format xml", "pretty or json"),
    ("serve --backend ftp://x", "http"), ("serve --backend http://a,b", "key=value"),
    ("serve --backend http://a,typ=b", "Did you mean 'type'"),
    ("serve --backend http://a,type=", "this is empty"),
    ("serve --backend http://a,type=b,type=c", "twice"),
    ("serve --backend http://a,api-key-env=sk-123", "environment variable"),
    ("serve --backend http://a --backend http://a/", "twice"),
    ("serve --backend http://a,name=x --backend http://b,name=x", "taken"),
    ("serve -b http://user:pw@host", "do not belong"),
  ]) func mistakesAreExplained(line: String, expected: String) {
    do {
      _ = try settings(line)
      Issue.record("'\(line)' was accepted")
    } catch {
      #expect("\(error)".contains(expected), "\(line): \(error)")
    }
  }

  /// A family with a list shows it when nothing else is asked for.
  @Test(arguments: ["plugins", "plugins --json", "backends", "backends --wide --json"])
  func aFamilyMeansItsList(line: String) throws {
    let invocation = try Invocation.parse(line.split(separator: " ").map(String.init))
    #expect(invocation.command.name == "\(line.split(separator: " ")[0]) list")
  }

  @Test func helpNeedsNothingElse() throws {
    #expect(try Invocation.parse(["plugins", "info", "--help"]).wantsHelp)
    #expect(try Invocation.parse(["serve", "-h"]).wantsHelp)
    #expect(try Invocation.parse(["help", "plugins", "list"]).operands == ["plugins", "list"])
    #expect(try Invocation.parse(["plugins", "info", "--", "-f"]).operands == ["-f"])
  }

  @Test func everyCommandHasAPageThatNamesItsOptions() {
    for command in Commands.all {
      let page = HelpText.page(command)
      for option in command.options { #expect(page.contains(option.name)) }
      #expect(HelpText.overview().contains(command.name))
      for line in page.split(separator: "\n") { #expect(line.count <= 96, "\(line)") }
    }
  }

  @Test(arguments: [
    ("", "", 0), ("a", "", 1), ("abc", "abd", 1), ("abc", "acb", 1), ("serve", "sevre", 1),
    ("kitten", "sitting", 3),
  ]) func distances(left: String, right: String, steps: Int) {
    #expect(Suggestion.distance(left, right) == steps)
    #expect(Suggestion.distance(right, left) == steps)
  }
}
