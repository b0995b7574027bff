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
  ]) func theFilesAreUpToDate(path: String, text: String) throws {
    let file = try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
    #expect(file == text, "\(path) is out of date: run scripts/config-reference")
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
