import Foundation
import Testing

/// Every `.case` file, played against the real binary.
///
/// `NEXUS_CASE=text` plays only those whose name or tags contain the text.
@Suite struct WireCaseTests {
  @Test(arguments: CaseLibrary.all)
  func play(_ entry: CaseLibrary.Entry) throws {
    let played = try CaseParser.parse(entry.text, name: entry.name)
    do throws(CaseFailure) {
      try CaseRunner.run(played)
    } catch {
      Issue.record("\(entry.name).case, \(error)")
    }
  }

  @Test func libraryIsLargeEnough() {
    #expect(CaseLibrary.everything.count >= 100)
  }
}

/// The files of `Tests/Cases`.
enum CaseLibrary {
  struct Entry: Sendable, CustomTestStringConvertible {
    var name: String
    var text: String
    var testDescription: String { name }
  }

  /// All cases, in the order of their names.
  static let everything: [Entry] = {
    let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Cases")
    let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
    let cases = (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "case" }
    return cases.sorted { $0.path < $1.path }.map { file in
      let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
      let path = file.deletingPathExtension().path.dropFirst(folder.path.count + 1)
      return Entry(name: String(path), text: text)
    }
  }()

  /// Those that are to be played.
  static let all: [Entry] = {
    guard let wanted = ProcessInfo.processInfo.environment["NEXUS_CASE"] else {
      return everything
    }
    return everything.filter { entry in
      let tags = entry.text.split(separator: "\n").first { $0.hasPrefix("tags:") } ?? ""
      return entry.name.contains(wanted) || tags.contains(wanted)
    }
  }()
}
