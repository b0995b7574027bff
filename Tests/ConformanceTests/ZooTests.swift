import Foundation
import Testing

/// Every animal of the zoo has one fault, and fails the check that is for it, and no other.
@Suite struct ZooTests {
  private static let folder = CheckRun.repository.appendingPathComponent("Tests/Zoo").path

  /// An animal: the file, and what its comment says.
  struct Animal: CustomTestStringConvertible, Sendable {
    let name: String
    /// The checks that it fails.
    let fails: Set<String>
    let flags: [String]
    var testDescription: String { name }

    init(name: String, source: String) {
      self.name = name
      func words(_ key: String) -> [String] {
        source.split(separator: "\n").first { $0.hasPrefix(" * \(key): ") }
          .map { $0.dropFirst(key.count + 5).split(separator: " ").map(String.init) } ?? []
      }
      fails = Set(words("fails"))
      flags = words("flags")
    }
  }

  static let animals: [Animal] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".c") }.sorted().map { name in
      let source = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      return Animal(name: String(name.dropLast(2)), source: source ?? "")
    }
  }()

  private func driver(_ animal: Animal, _ place: CompiledDrivers) throws -> String {
    try place.compile(
      "\(Self.folder)/\(animal.name).c", flags: animal.flags,
      mode: animal.name == "writable" ? 0o666 : 0o644)
  }

  private static let recordings = ["--exchanges", "\(folder)/exchanges", "--no-shipped"]

  @Test(arguments: animals) func fails(_ animal: Animal) throws {
    let place = try CompiledDrivers()
    let run = try CheckRun([try driver(animal, place), "--json"] + Self.recordings)
    #expect(try run.failed() == animal.fails, "\(run.output)")
    #expect(run.status == (animal.fails.isEmpty ? 0 : 1))
  }

  @Test func thereAreManyAnimals() {
    #expect(Self.animals.count >= 90)
    #expect(Self.animals.filter(\.fails.isEmpty).map(\.name) == ["sound"])
  }

  /// What is told as the way to see it again shows it again, and plays little else.
  @Test(arguments: [
    ("crash-on-status", "exchange.crash"), ("depends-on-split", "exchange.cuts"),
    ("counts-calls", "exchange.determinism"), ("keeps-reply", "exchange.borrowed"),
    ("shares-state", "exchange.threads"), ("keeps-everything", "exchange.memory"),
    ("leak-on-cancel", "exchange.memory"), ("swallows-errors", "exchange.errors"),
    ("table-changes", "table.stable"), ("no-note", "file.note"), ("opens-file", "exchange.calls"),
  ]) func again(_ name: String, _ check: String) throws {
    let place = try CompiledDrivers()
    let animal = try #require(Self.animals.first { $0.name == name })
    let run = try CheckRun([try driver(animal, place), "--json"] + Self.recordings)
    let words = try #require(try run.again(check).first)
    let again = try CheckRun(words + ["--json"])
    #expect(try again.failed().contains(check), "\(words): \(again.output)")
    #expect(again.status == 1)
  }
}
