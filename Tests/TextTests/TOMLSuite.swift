import Foundation

/// The cases of Tests/Fixtures/toml-test.
enum TOMLSuite {
  struct Case: CustomStringConvertible, Sendable {
    /// Without folder of the suite and extension, such as "valid/array/array".
    let name: String
    let bytes: [UInt8]

    var description: String { name }

    /// The expected result of a valid case: JSON in which each scalar is an object of type and
    /// value.
    func expected() throws -> Any {
      let file = TOMLSuite.folder.appendingPathComponent("\(name).json")
      return try JSONSerialization.jsonObject(with: Data(contentsOf: file))
    }
  }

  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Fixtures/toml-test")

  static let valid = cases("valid")
  static let invalid = cases("invalid")

  private static func cases(_ kind: String) -> [Case] {
    let root = folder.appendingPathComponent(kind)
    let paths = FileManager.default.enumerator(atPath: root.path)?.compactMap { $0 as? String }
    return (paths ?? []).filter { $0.hasSuffix(".toml") }.sorted().compactMap { path in
      guard let data = try? Data(contentsOf: root.appendingPathComponent(path)) else { return nil }
      return Case(name: "\(kind)/\(path.dropLast(5))", bytes: [UInt8](data))
    }
  }
}
