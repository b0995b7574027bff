import Foundation
import Testing

@testable import Config

/// What is generated from the table of keys.
struct ReferenceTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  @Test(arguments: [
    ("docs/CONFIGURATION.md", MarkdownReference.text()),
    ("docs/nexus.schema.json", SchemaReference.text()),
    ("docs/nexus.toml.5", ManualReference.text()),
    ("docs/COMMANDS.md", CommandReference.markdown()),
    ("docs/nexus.1", CommandReference.manual()),
  ]) func theFilesAreUpToDate(path: String, text: String) throws {
    let file = try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    #expect(file == text, "\(path) is out of date: run scripts/reference")
  }

  @Test func everyKeyStandsOnEveryPage() throws {
    let schema = try #require(
      try JSONSerialization.jsonObject(with: Data(SchemaReference.text().utf8)) as? [String: Any])
    for documented in DocumentedKey.all {
      let key = documented.key
      #expect(MarkdownReference.text().contains("| `\(key.name)` |"))
      #expect(ManualReference.text().contains(".B \(key.name)\n"))
      var node = schema
      for part in key.path.split(separator: ".") {
        let isArray = part.hasSuffix("[]")
        let properties = try #require(node["properties"] as? [String: Any], "\(key.path)")
        node = try #require(
          properties[String(isArray ? part.dropLast(2) : part)] as? [String: Any], "\(key.path)")
        if isArray { node = try #require(node["items"] as? [String: Any]) }
      }
      #expect(node["description"] != nil)
      #expect((node["default"] != nil) == (documented.standard != nil), "\(key.path)")
    }
  }

  @Test func everyCommandStandsOnEveryPage() {
    let (markdown, manual) = (CommandReference.markdown(), CommandReference.manual())
    for command in Commands.all {
      #expect(markdown.contains("### `nexus \(command.name)`\n"))
      #expect(manual.contains(".B nexus \(Roff.text(command.name))"))
      for option in command.options {
        #expect(markdown.contains("| `\(option.spelling)` |"))
        #expect(manual.contains(".B \(Roff.text(option.spelling))\n"), "\(option.name)")
      }
    }
    #expect(Commands.all.count == Set(Commands.all.map(\.name)).count)
  }

  /// The formatters that are there find nothing to warn about.
  @Test(arguments: ["docs/nexus.1", "docs/nexus.toml.5"])
  func theManualPagesAreSound(path: String) throws {
    let page = Self.root.appendingPathComponent(path).path
    let formatters = [
      ("groff", ["-man", "-ww", "-Tutf8", "-z", page]), ("mandoc", ["-Tlint", "-Wwarning", page]),
      ("man", ["--warnings=w", "-l", "-Tutf8", "-Z", page]),
    ]
    for (name, arguments) in formatters {
      guard let program = Self.tool(name) else {
        print("skipped: no \(name)")
        continue
      }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: program)
      process.arguments = arguments
      let errors = Pipe()
      process.standardError = errors
      process.standardOutput = name == "mandoc" ? errors : FileHandle.nullDevice
      process.standardInput = FileHandle.nullDevice
      try process.run()
      let told = try errors.fileHandleForReading.readToEnd() ?? Data()
      process.waitUntilExit()
      #expect(String(decoding: told, as: UTF8.self) == "", "\(name) \(path)")
    }
  }

  private static func tool(_ name: String) -> String? {
    ["/usr/bin/\(name)", "/usr/local/bin/\(name)"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  private func load(_ text: String) -> Loaded {
    SettingsLoader.load(file: ConfigurationFile(name: "nexus.toml", bytes: Array(text.utf8)))
  }

  @Test func theSampleIsTheDefaultsAndOneBackend() throws {
    var expected = Settings()
    var backend = try BackendOption.parse("http://localhost:11434,name=local-ollama,type=ollama")
    expected.backends = [backend]
    let minimal = load(SampleFile.minimal())
    #expect(minimal.diagnostics.isEmpty)
    #expect(minimal.settings == expected)

    backend.priority = 1
    expected.backends = [backend]
    let full = load(SampleFile.full())
    #expect(full.diagnostics.isEmpty)
    #expect(full.settings == expected)
    for line in SampleFile.full().split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
  }

  /// What is commented out can be used as it is, and no key is missing.
  @Test func theSampleCanBeUncommented() throws {
    let lines = SampleFile.full().split(separator: "\n", omittingEmptySubsequences: false)
    let text = lines.map { line in
      line.hasPrefix("#") && !line.hasPrefix("# ") ? line.dropFirst() : line
    }.joined(separator: "\n")
    let loaded = load(text)
    #expect(loaded.diagnostics.map(\.text) == [])
    #expect(loaded.settings.backends.count == 5)
    #expect(loaded.settings.routing.policies.count == 3)
    for key in DocumentedKey.all.map(\.key) {
      #expect(text.contains("\n\(key.name) = "), "\(key.path)")
    }
  }
}
