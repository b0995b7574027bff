import Seeded
import Testing

@testable import Config

/// Mistakes in a file: where each stands, and what is said about it.
struct MistakeTests {
  private func load(_ toml: String) -> Loaded {
    SettingsLoader.load(file: ConfigurationFile(name: "nexus.toml", bytes: Array(toml.utf8)))
  }

  /// A text, and "line:column: severity: message" for each thing that is wrong with it.
  struct Case: Sendable, CustomTestStringConvertible {
    let toml: String
    let messages: [String]

    init(_ toml: String, _ messages: String...) {
      self.toml = toml
      self.messages = messages
    }

    var testDescription: String { toml }
  }

  private func expect(_ mistake: Case) {
    let told = load(mistake.toml).diagnostics.map { diagnostic in
      let place = diagnostic.line.map { "\($0):\(diagnostic.column ?? 0): " } ?? ""
      return "\(place)\(diagnostic.severity.rawValue): \(diagnostic.message)"
    }
    #expect(told == mistake.messages)
  }

  @Test(arguments: [
    Case(
      "[server]\nport = 0",
      "2:8: error: Invalid value for 'server.port': 0 is out of range; give a whole number from 1"
        + " to 65535."),
    Case(
      "[server]\nport = \"9000\"",
      "2:8: error: Invalid value for 'server.port': this is a string; give a whole number from 1"
        + " to 65535, as in port = 9000."),
    Case(
      "[server]\nhost = 5",
      "2:8: error: Invalid value for 'server.host': this is a whole number; give an address such"
        + " as 127.0.0.1, 0.0.0.0 or ::1, or a host name, as in host = \"5\"."),
    Case(
      "[server]\nhost = \"http://a\"",
      "2:8: error: Invalid value for 'server.host': give an address such as 127.0.0.1, 0.0.0.0 or"
        + " ::1, or a host name."),
    Case(
      "[server]\nmax_body = \"1TB\"",
      "2:12: error: Invalid value for 'server.max_body': give a size from 1KiB to 1GiB, such as"
        + " 10MiB."),
    Case(
      "[server]\nmax_body = 1023",
      "2:12: error: Invalid value for 'server.max_body': 1023 is out of range; give a size from"
        + " 1KiB to 1GiB, such as 10MiB."),
    Case(
      "[health_check]\ninterval_seconds = 2.5",
      "2:20: error: Invalid value for 'health_check.interval_seconds': this is a decimal number;"
        + " give a whole number from 1 to 86400."),
    Case(
      "[discovery]\nenabled = \"yes\"",
      "2:11: error: Invalid value for 'discovery.enabled': this is a string; give true or false, as in"
        + " enabled = true."),
    Case(
      "[discovery]\nenabled = 0",
      "2:11: error: Invalid value for 'discovery.enabled': this is a whole number; give true or false,"
        + " as in enabled = false."),
    Case(
      "[routing]\nstrategy = \"smrt\"",
      "2:12: error: Invalid value for 'routing.strategy': give smart, round_robin, priority_only"
        + " or random. Did you mean 'smart'?"),
    Case(
      "[quality]\nerror_rate_threshold = 50",
      "2:24: error: Invalid value for 'quality.error_rate_threshold': 50 is out of range; give a"
        + " number from 0 to 1."),
    Case(
      "[quality]\nerror_rate_threshold = nan",
      "2:24: error: Invalid value for 'quality.error_rate_threshold': nan is out of range; give a"
        + " number from 0 to 1."),
    Case(
      "[server]\nstate_directory = \"\"",
      "2:19: error: Invalid value for 'server.state_directory': this is empty; give a path."),
    Case(
      "[logging.component_levels]\nroutng = \"debug\"\nhealth = \"wrn\"",
      "2:10: error: Invalid value for 'logging.component_levels.routng': the log has no component"
        + " 'routng'. Did you mean 'routing'? Components are: \(LogComponent.names.joined(separator: ", ")).",
      "3:10: error: Invalid value for 'logging.component_levels': give error, warn, info, debug or"
        + " trace. Did you mean 'warn'?"),
  ]) func values(_ mistake: Case) { expect(mistake) }

  @Test(arguments: [
    Case(
      "[server]\nprot = 1",
      "2:1: warning: There is no key 'server.prot'; it is ignored. Did you mean 'port'?"),
    Case(
      "port = 1",
      "1:1: warning: There is no key 'port'; it is ignored. It belongs under [server]."),
    Case(
      "[sever]\nport = 1",
      "1:2: warning: There is no section 'sever'; it is ignored. Did you mean 'server'?"),
    Case(
      "[weights]\nload = 1",
      "1:2: warning: There is no section 'weights'; it is ignored. Did you mean"
        + " 'routing.weights'?"),
    Case(
      "[xyzzy]", "1:2: warning: There is no section 'xyzzy'; it is ignored."),
    Case(
      "server = 5",
      "1:1: error: 'server' is a section; write [server] on a line of its own and its keys below."),
    Case("[[server]]", "1:3: error: 'server' stands once; write [server], in single brackets."),
    Case(
      "[backends]\nname = \"a\"",
      "1:2: error: there may be several of 'backends', so write [[backends]], in double brackets."),
    Case(
      "backends = [5]",
      "1:13: error: this is a whole number; write [[backends]] tables."),
    Case(
      "[quality]\nwindow_1h = 1", "2:1: warning: 'quality.window_1h' is not used by this version."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://h\"\nnever_load = [\"m\", \"[\"]",
      "4:14: error: Invalid value for 'backends[0].never_load': Invalid glob pattern: This '[' is"
        + " not closed; add ']', or write \\[ for the character."),
    Case(
      "[discovery]\nports = [0, \"a\", 80]",
      "2:10: error: Invalid value for 'discovery.ports': 0 is out of range; give a list of whole"
        + " numbers from 1 to 65535.",
      "2:13: error: Invalid value for 'discovery.ports': this is a string; give a list of whole"
        + " numbers from 1 to 65535."),
    Case(
      "[discovery]\nports = 8080",
      "2:9: error: Invalid value for 'discovery.ports': this is a whole number; give a list of whole"
        + " numbers from 1 to 65535, as in ports = [8080]."),
    Case(
      "[discovery]\nscan = [\"10.0.0.1\", \"8.8.8.0/24\"]",
      "2:8: error: Invalid value for 'discovery.scan': '8.8.8.0/24' is not in a private network; give"
        + " addresses of 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10, 169.254.0.0/16,"
        + " 127.0.0.0/8 or fc00::/7."),
    Case(
      "[discovery]\nscan = [\"10.0.0.0/15\"]",
      "2:8: error: Invalid value for 'discovery.scan': with '10.0.0.0/15' these are more than 65536"
        + " addresses; give smaller networks, such as a /24."),
    Case(
      "[discovery]\nscan = [\"attic\"]",
      "2:8: error: Invalid value for 'discovery.scan': 'attic' is no address and no network; give such"
        + " as 192.168.1.20 or 192.168.1.0/24."),
    Case(
      "[[discovery.trust]]\nzone = \"internal\"",
      "1:1: error: 'discovery.trust[0]' would trust every server; say which with name, address or"
        + " ca_file."),
    Case(
      "[[discovery.trust]]\nadress = \"10.0.0.1\"\nname = \"a\"",
      "2:1: error: There is no key 'discovery.trust[0].adress'. Did you mean 'address'?"),
    Case(
      "[[discovery.trust]]\naddress = \"10.0.0.300\"",
      "2:11: error: Invalid value for 'discovery.trust[0].address': give an address or a network, such"
        + " as 192.168.1.20 or 192.168.1.0/28."),
    Case(
      "[queue]\nmax_queue_size = 4",
      "2:1: warning: 'max_queue_size' is an old name; it counts, but write 'max_size'."),
    Case(
      "[queue]\nmax_queue_size = 4\nmax_size = 5",
      "2:1: error: 'max_queue_size' is an old name of 'max_size', which stands there too; delete"
        + " one of the two."),
  ]) func names(_ mistake: Case) { expect(mistake) }

  @Test(arguments: [
    Case(
      "[routing.aliases]\na = \"b\"\nb = \"c\"\nc = \"a\"",
      "2:5: error: Circular alias detected: 'a' eventually points back to 'a'."),
    Case(
      "[routing.aliases]\na = \"a\"",
      "2:5: error: Circular alias detected: 'a' eventually points back to 'a'."),
    Case(
      "[routing.aliases]\n\"gpt-*\" = \"x\"\nx = \"gpt-4\"",
      "2:11: error: Circular alias detected: 'gpt-*' eventually points back to 'x'."),
    Case(
      "[routing.aliases]\n\"gpt-[\" = \"x\"",
      "2:11: error: Invalid value for 'routing.aliases.\"gpt-[\"': Invalid glob pattern: This '['"
        + " is not closed; add ']', or write \\[ for the character."),
    Case("[routing.aliases]\n\"gpt-*\" = \"gpt-4o\""),
    Case("[routing.aliases]\na = \"b\"\nb = \"c\"\nc = \"d\""),
    Case(
      "[routing.aliases]\na = \"b\"\nb = \"c\"\nc = \"d\"\nd = \"e\"",
      "2:5: error: The alias 'a' takes more than 3 steps: 'a' → 'b' → 'c' → 'd' → 'e'; let it point"
        + " nearer to the model."),
    Case(
      "[routing.aliases]\na = \"\"",
      "2:5: error: Invalid value for 'routing.aliases': this is empty; give a string."),
    Case(
      "[routing.fallbacks]\na = [\"b\", \"a\"]",
      "2:5: error: Invalid value for 'routing.fallbacks.a': 'a' cannot stand in for itself; leave"
        + " it out."),
    Case(
      "[routing.fallbacks]\na = \"b\"\nc = [1]",
      "2:5: error: Invalid value for 'routing.fallbacks': this is a string; give a list of strings,"
        + " as in a = [\"b\"].",
      "3:6: error: Invalid value for 'routing.fallbacks': there is a whole number in the list; give"
        + " strings."),
    Case(
      "[routing.weights]\npriority = 0\nload = 0\nlatency = 0",
      "1:1: error: Invalid value for 'routing.weights': all are zero, so nothing would count; give"
        + " one of them more."),
    Case(
      "[routing.budget]\nsoft_limit_percent = 0.75",
      "2:22: warning: 'routing.budget.soft_limit_percent': 0.75 is less than one per cent or one;"
        + " for three quarters write 75.0."),
    Case(
      "[routing.budget]\nmonthly_limit = 5",
      "2:1: error: There is no key 'routing.budget.monthly_limit'. Did you mean"
        + " 'monthly_limit_usd'?"),
    Case(
      "[routing.budget]\nmonthly_limit_usd = -1",
      "2:21: error: Invalid value for 'routing.budget.monthly_limit_usd': -1 is out of range; give"
        + " a number of 0 or more."),
  ]) func routing(_ mistake: Case) { expect(mistake) }

  /// What is to protect must not be switched off by a typing error.
  @Test(arguments: [
    Case(
      "[[routing.policies]]\nmodel_patern = \"a\"",
      "2:1: error: There is no key 'routing.policies[0].model_patern'. Did you mean"
        + " 'model_pattern'?"),
    Case(
      "[[routing.policies]]\nprivacy = \"restricted\"",
      "1:1: error: Missing required field: 'routing.policies[0].model_pattern'; add model_pattern ="
        + " \"gpt-4*\"."),
    Case(
      "[[routing.policies]]\nmodel_pattern = \"a\"\nprivacy = \"restrictd\"",
      "3:11: error: Invalid value for 'routing.policies[0].privacy': give unrestricted, internal,"
        + " confidential or restricted. Did you mean 'restricted'?"),
    Case(
      "[[routing.policies]]\nmodel_pattern = \"a[\"",
      "2:17: error: Invalid value for 'routing.policies[0].model_pattern': Invalid glob pattern:"
        + " This '[' is not closed; add ']', or write \\[ for the character."),
    Case(
      "[[routing.policies]]\nmodel_pattern = \"a\"\nmin_tier = 6",
      "3:12: error: Invalid value for 'routing.policies[0].min_tier': 6 is out of range; give a"
        + " whole number from 1 to 5."),
    Case(
      "[[routing.policy]]\nmodel_pattern = \"a\"",
      "1:11: error: There is no section 'routing.policy'. Did you mean [[routing.policies]]?"),
    Case(
      "[[policies]]\nmodel_pattern = \"a\"",
      "1:3: error: There is no section 'policies'. Did you mean [[routing.policies]]?"),
    Case(
      "[routing.policies]\nmodel_pattern = \"a\"",
      "2:1: error: there may be several policies, so write [[routing.policies]], in double"
        + " brackets."),
    Case(
      "[routing.policies.\"a*\"]\nprivacy = \"Restricted\"",
      "1:19: warning: it counts, but write [[routing.policies]] with model_pattern = \"…\" instead.",
      "2:11: warning: 'routing.policies[0].privacy': it counts as \"restricted\"; write that."),
    Case(
      "[[routing.policies]]\nmodel_pattern = \"*\"\n[[routing.policies]]\nmodel_pattern = \"a\"",
      "3:1: warning: 'routing.policies[1]' has no effect, since 'routing.policies[0]' before it"
        + " matches every model; put the one for \"*\" last."),
  ]) func policies(_ mistake: Case) { expect(mistake) }

  @Test(arguments: [
    Case(
      "[[backends]]",
      "1:1: error: Missing required field: 'backends[0].name'; add name = \"local-ollama\".",
      "1:1: error: Missing required field: 'backends[0].url'; add url ="
        + " \"http://localhost:11434\"."),
    Case(
      "[[backends]]\nname = \"\"\nurl = \"\"",
      "2:8: error: Invalid value for 'backends[0].name': this is empty; give a string.",
      "3:7: error: Invalid value for 'backends[0].url': this is empty; give a base URL such as"
        + " http://192.168.1.20:11434."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"ftp://x\"",
      "3:7: error: Invalid value for 'backends[0].url': 'ftp://x': the scheme is 'ftp'; use http://"
        + " or https://."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://x\"\n[[backends]]\nname = \"a\"\n"
        + "url = \"http://X:80/v1/\"",
      "5:8: error: Invalid value for 'backends[1].name': 'a' is the name of the backend in line 1"
        + " already; give each its own.",
      "6:7: error: Invalid value for 'backends[1].url': http://x is the backend in line 1 already;"
        + " name each server once."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://x\"\ntier = 7\nzone = \"secret\"\npriority = \"1\"",
      "4:8: error: Invalid value for 'backends[0].tier': 7 is out of range; give a whole number from"
        + " 1 to 5.",
      "5:8: error: Invalid value for 'backends[0].zone': give open, internal, confidential or"
        + " restricted.",
      "6:12: error: Invalid value for 'backends[0].priority': this is a string; give a whole number"
        + " from -1000000 to 1000000, as in priority = 1."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://x\"\nzone = \"Local\"",
      "4:8: warning: 'backends[0].zone': it counts as \"restricted\"; write that."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"https://models.example.com\"\ntype = \"anthropic\"",
      "1:1: error: Backend 'a' of type anthropic requires 'api_key_env' field: api_key_env ="
        + " \"ANTHROPIC_API_KEY\" (or api_key_file)."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"https://api.openai.com/v1\"",
      "1:1: error: Backend 'a' at api.openai.com requires 'api_key_env' field: api_key_env ="
        + " \"OPENAI_API_KEY\" (or api_key_file)."),
    Case("[[backends]]\nname = \"a\"\nurl = \"http://127.0.0.1:1\"\ntype = \"openai\""),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://x\"\napi_key_env = \"A\"\napi_key_file = \"b\"",
      "5:16: error: 'backends[0]' has api_key_env and api_key_file; keep one of the two."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://x\"\nheaders = { \"a b\" = \"c\", Host = \"x\" }",
      "4:21: error: Invalid value for 'backends[0].headers.\"a b\"': 'a b' is no name of a header"
        + " field; give one such as x-team.",
      "4:33: error: Invalid value for 'backends[0].headers.Host': 'Host' is set by the gateway"
        + " itself; leave it out."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://x\"\n"
        + "headers = { x-a = \"1\", X-A = \"2\", x-b = 3 }",
      "4:41: error: Invalid value for 'backends[0].headers': this is a whole number; give a string,"
        + " as in x-b = \"3\"."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://x\"\nheaders = { x-a = \"1\", X-A = \"2\" }",
      "4:11: error: Invalid value for 'backends[0].headers': 'X-A' stands there twice; give it"
        + " once."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://x\"\nmodels = \"m\"",
      "4:10: error: Invalid value for 'backends[0].models': this is a string; give a list of"
        + " strings, as in models = [\"m\"]."),
    Case(
      "[[backends]]\nname = \"a\"\nurl = \"http://x\"\napi_key_env = \"MY KEY\"",
      "4:15: error: Invalid value for 'backends[0].api_key_env': give the name of an environment"
        + " variable, such as OPENAI_API_KEY."),
  ]) func backends(_ mistake: Case) { expect(mistake) }

  /// Nothing that may be a secret is shown, whatever is wrong with it or beside it.
  @Test(arguments: [
    "api_key = \"hunter2hunter2\"", "api_key = hunter2hunter2", "token = \"hunter2hunter2\"",
    "api_key_env = \"sk-hunter2hunter2\"", "api_key_env = \"hunter2hunter2abcdefghijklm\"",
    "url = \"https://me:hunter2hunter2@host\"", "headers = { Authorization = \"hunter2hunter2\" }",
    "headers = { x-api-key = \"hunter2hunter2\", tier = 9 }", "note = \"sk-hunter2hunter2\"",
    "password = 'hunter2hunter2' 'again'", "api_key = \"\"\"hunter2hunter2\nhunter2hunter2\"\"\"",
  ]) func secretsAreRefusedAndNotShown(line: String) {
    let url = line.hasPrefix("url") ? "" : "url = \"http://x\"\n"
    let loaded = load("[[backends]]\nname = \"a\"\n\(url)\(line)\n")
    #expect(!loaded.errors.isEmpty)
    for diagnostic in loaded.diagnostics {
      #expect(!diagnostic.text.contains("hunter2"), "\(diagnostic.text)")
      #expect(!diagnostic.message.contains("hunter2"))
    }
  }

  @Test func aKeyInTheFileIsToldWhereItBelongs() {
    let loaded = load("[[backends]]\nname = \"a\"\nurl = \"http://x\"\napi_key = \"sk-1234567890\"")
    #expect(
      loaded.diagnostics.map(\.text) == [
        """
        nexus.toml:4:11: error: 'backends[0].api_key': a key does not belong in this file. Put it \
        into an environment variable and name that, api_key_env = "MY_KEY", or into a file and name \
        that, api_key_file.
          4 | api_key = "*************"
            |           ^^^^^^^^^^^^^^^
        """
      ])
  }

  /// Faults of the grammar and of the schema come together, in the order of the file, with the line
  /// and a mark below it.
  @Test func allMistakesAreToldAtOnce() {
    let loaded = load(
      """
      [server]
      port = 70000
      hots = "x"

      [routing]
      strategy = smart
      max_retries = -1

      [[backends]]
      name = "gpu"
      url = "http://gpu:8000"
      teir = 2
      """)
    #expect(
      loaded.diagnostics.map(\.text) == [
        """
        nexus.toml:2:8: error: Invalid value for 'server.port': 70000 is out of range; give a whole \
        number from 1 to 65535.
          2 | port = 70000
            |        ^^^^^
        """,
        """
        nexus.toml:3:1: warning: There is no key 'server.hots'; it is ignored. Did you mean 'host'?
          3 | hots = "x"
            | ^^^^
        """,
        """
        nexus.toml:6:12: error: Text stands in quotes; write strategy = "smart".
          6 | strategy = smart
            |            ^^^^^
        """,
        """
        nexus.toml:7:15: error: Invalid value for 'routing.max_retries': -1 is out of range; give a \
        whole number from 0 to 100.
          7 | max_retries = -1
            |               ^^
        """,
        """
        nexus.toml:12:1: warning: There is no key 'backends[0].teir'; it is ignored. Did you mean \
        'tier'?
          12 | teir = 2
             | ^^^^
        """,
      ])
  }

  @Test func anEmptyFileIsTheDefaults() {
    let loaded = load("")
    #expect(loaded.diagnostics.isEmpty)
    #expect(loaded.settings == Settings())
  }

  /// A file of any size is read in time that grows with it alone, and the number of messages is
  /// bounded without an error getting lost behind warnings.
  @Test func aHostileFileIsReadSoon() {
    let name = String(repeating: "a", count: 300_000)
    let keys = (0..<5_000).map { "k\($0) = 1\n" }.joined()
    let loaded = load("\(name) = 1\n\(keys)[server]\nport = 0\n")
    #expect(loaded.warnings.count == Loaded.limit)
    #expect(loaded.errors.count == 1)
  }

  /// Whatever bytes stand in a file, reading it ends, and wrong bytes are never taken for right.
  @Test func damagedFilesAreRead() {
    var generator = SeededRandom(state: 0x5EED)
    let text = Array(SampleFile.full().utf8)
    for round in 0..<60 {
      var bytes = text
      for _ in 0..<Int.random(in: 1...8, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: index)
        default: bytes.removeSubrange(index..<min(index + 40, bytes.count))
        }
      }
      let loaded = SettingsLoader.load(file: ConfigurationFile(name: "n", bytes: bytes))
      if loaded.errors.isEmpty {
        for row in loaded.effective() { #expect(row.toml != "", "round \(round)") }
      }
    }
  }
}
