import NexusPluginABI

/// What a driver file says about itself without being run: its ELF note.
///
/// Section `.note.nexus.driver` holds one note with name "Nexus", type 1 and, as its description,
/// lines of `key=value` (docs/PLUGIN_ABI.md).
public struct DriverNote: Equatable, Sendable {
  /// A line of the note.
  public struct Entry: Equatable, Sendable {
    public let key: String
    public let value: String
  }

  /// The lines in the order of the file.
  public let entries: [Entry]

  /// Name of the section.
  public static let section = ".note.nexus.driver"

  /// The value of `key`, or nil.
  public subscript(key: String) -> String? { entries.first { $0.key == key }?.value }

  /// The value of `key` as a list; empty if it is missing.
  public func list(_ key: String) -> [String] {
    (self[key] ?? "").split(separator: ",").map { String($0.trimmed) }
  }

  /// Major and minor of the ABI, or nil if the note does not tell.
  public var abi: (major: Int, minor: Int)? {
    guard let numbers = self["abi"]?.split(separator: "."), numbers.count == 2,
      let major = Int(numbers[0]), let minor = Int(numbers[1])
    else { return nil }
    return (major, minor)
  }

  /// The note of a file, nil if it has none.
  public static func read(_ file: ELFFile) throws(ELFError) -> DriverNote? {
    let sections = file.sections.filter { $0.name == section }
    guard let found = sections.first else { return nil }
    guard sections.count == 1 else { throw ELFError("two sections \(section)") }
    let reader = ByteReader(bytes: Array(file.bytes[found.range]))
    guard let nameSize = reader.uint32(at: 0), let textSize = reader.uint32(at: 4),
      let type = reader.uint32(at: 8), nameSize == 6, type == NEXUS_NOTE_TYPE,
      reader.string(at: 12, in: 0..<reader.bytes.count) == "Nexus"
    else { throw ELFError("\(section) is not a note of a driver") }
    // The name takes 6 bytes and is padded to 8, so the text starts at 20.
    guard textSize <= 65_536, Int(textSize) <= reader.bytes.count - 20 else {
      throw ELFError("\(section) is shorter than it says")
    }
    return try DriverNote(text: reader.bytes[20..<(20 + Int(textSize))])
  }

  init(text: ArraySlice<UInt8>) throws(ELFError) {
    var entries: [Entry] = []
    for bytes in text.split(whereSeparator: { $0 == 0x0A || $0 == 0 }) {
      guard let line = String(validating: bytes, as: UTF8.self) else {
        throw ELFError("the note is not UTF-8")
      }
      guard let equals = line.firstIndex(of: "=") else {
        throw ELFError("the note has a line without '='")
      }
      let entry = Entry(
        key: String(line[..<equals].trimmed),
        value: String(line[line.index(after: equals)...].trimmed))
      guard !entry.key.isEmpty, !entries.contains(where: { $0.key == entry.key }) else {
        throw ELFError("the note has the key '\(entry.key)' twice or without a name")
      }
      entries.append(entry)
    }
    self.entries = entries
  }
}

extension DriverNote {
  /// The first key in which the note is unlike the table; nil if they say the same.
  ///
  /// Lists may be written in any order; operations that this host does not know are not compared.
  public func difference(from table: DriverDescriptor) -> String? {
    let texts = [
      ("id", table.id), ("version", table.version), ("licence", table.licence),
      ("summary", table.summary), ("abi", "\(table.abiMajor).\(table.abiMinor)"),
    ]
    for (key, value) in texts where self[key] != value { return key }
    let names = Set(OperationKind.allCases.map(\.name))
    let lists = [
      ("types", list("types"), table.types), ("services", list("services"), table.services),
      ("ports", list("ports"), table.ports.map { String($0) }),
      (
        "operations", list("operations").filter(names.contains),
        table.operations.kinds.map(\.name)
      ),
    ]
    for (key, note, value) in lists where note.sorted() != value.sorted() { return key }
    return nil
  }
}

extension StringProtocol {
  /// The text without blanks at its ends.
  fileprivate var trimmed: SubSequence {
    let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" }
    let start = drop(while: blank)
    guard let last = start.lastIndex(where: { !blank($0) }) else { return start }
    return start[...last]
  }
}
