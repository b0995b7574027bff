/// Why bytes are no ELF shared object of this machine: one line for people.
public struct ELFError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// The section table of a 64-bit little-endian ELF shared object, read without running it.
///
/// Every offset and length comes from the file and is checked before it is used
/// (System V ABI, chapter "Object Files").
public struct ELFFile {
  /// A section, as the file describes it.
  struct Section {
    let name: String
    let range: Range<Int>
  }

  let bytes: [UInt8]
  let sections: [Section]

  #if arch(arm64)
    private static let machine: UInt16 = 183
  #else
    private static let machine: UInt16 = 62
  #endif
  private static let headerSize = 64
  private static let sectionSize = 64
  static let segmentSize = 56
  static let loadable: UInt32 = 1
  private static let sharedObject: UInt16 = 3
  private static let withoutBytes: UInt32 = 8

  /// Reads the tables of a file's bytes.
  public init(_ bytes: [UInt8]) throws(ELFError) {
    guard bytes.count >= Self.headerSize, bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else {
      throw ELFError("not an ELF file")
    }
    guard bytes[4] == 2, bytes[5] == 1 else {
      throw ELFError("not a 64-bit little-endian ELF file")
    }
    let reader = ByteReader(bytes: bytes)
    guard reader.uint16(at: 16) == Self.sharedObject else {
      throw ELFError("an ELF file, but not a shared object")
    }
    guard reader.uint16(at: 18) == Self.machine else {
      throw ELFError("a shared object for another kind of processor")
    }
    try Self.checkSegments(reader)
    self.bytes = bytes
    sections = try Self.readSections(reader)
  }

  /// Whether all that would be mapped is there: touching a page beyond the end of a file kills.
  private static func checkSegments(_ reader: ByteReader) throws(ELFError) {
    let cut = ELFError("an ELF file that is cut short")
    guard let table = reader.offset(at: 32), let count = reader.uint16(at: 56) else { throw cut }
    guard count > 0, reader.uint16(at: 54) == UInt16(segmentSize),
      table <= reader.bytes.count - Int(count) * segmentSize
    else { throw cut }
    for index in 0..<Int(count) {
      let header = table + index * segmentSize
      guard reader.uint32(at: header) == loadable else { continue }
      guard let offset = reader.offset(at: header + 8), let size = reader.offset(at: header + 32),
        size <= reader.bytes.count - offset
      else { throw cut }
    }
  }

  private static func readSections(_ reader: ByteReader) throws(ELFError) -> [Section] {
    guard let table = reader.offset(at: 40), let count = reader.uint16(at: 60),
      let nameIndex = reader.uint16(at: 62)
    else { throw ELFError("an ELF file that is cut short") }
    guard count > 0 else { return [] }
    guard reader.uint16(at: 58) == UInt16(sectionSize),
      table <= reader.bytes.count - Int(count) * sectionSize, nameIndex < count,
      let names = contents(reader, table + Int(nameIndex) * sectionSize)
    else { throw ELFError("an ELF file with a damaged section table") }
    var sections: [Section] = []
    for index in 0..<Int(count) {
      let header = table + index * sectionSize
      guard let nameOffset = reader.uint32(at: header), let range = contents(reader, header),
        let name = reader.string(at: Int(nameOffset), in: names)
      else { throw ELFError("an ELF file with a damaged section") }
      sections.append(Section(name: name, range: range))
    }
    return sections
  }

  /// The bytes of the section whose header is at `header`; nil if they are outside the file.
  private static func contents(_ reader: ByteReader, _ header: Int) -> Range<Int>? {
    guard let type = reader.uint32(at: header + 4) else { return nil }
    if type == withoutBytes || type == 0 { return 0..<0 }
    guard let offset = reader.offset(at: header + 24), let size = reader.offset(at: header + 32),
      size <= reader.bytes.count - offset
    else { return nil }
    return offset..<(offset + size)
  }
}

/// Reads little-endian numbers out of bytes that cannot be trusted: nil outside of them.
struct ByteReader {
  let bytes: [UInt8]

  func uint16(at offset: Int) -> UInt16? { number(at: offset) }
  func uint32(at offset: Int) -> UInt32? { number(at: offset) }
  func uint64(at offset: Int) -> UInt64? { number(at: offset) }

  /// A 64-bit offset or size that lies inside the bytes.
  func offset(at offset: Int) -> Int? {
    guard let value = uint64(at: offset), value <= UInt64(bytes.count) else { return nil }
    return Int(value)
  }

  /// A NUL-terminated string that starts `offset` bytes into `range` and ends inside it.
  func string(at offset: Int, in range: Range<Int>) -> String? {
    if range.isEmpty && offset == 0 { return "" }
    guard offset >= 0, offset < range.count else { return nil }
    let rest = bytes[(range.lowerBound + offset)..<range.upperBound]
    guard let end = rest.firstIndex(of: 0) else { return nil }
    return String(decoding: rest[..<end], as: UTF8.self)
  }

  private func number<Number: FixedWidthInteger>(at offset: Int) -> Number? {
    let size = Number.bitWidth / 8
    guard offset >= 0, offset <= bytes.count - size else { return nil }
    var value: Number = 0
    for index in 0..<size { value |= Number(bytes[offset + index]) << Number(8 * index) }
    return value
  }
}
