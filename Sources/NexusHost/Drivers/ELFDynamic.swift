/// What a shared object asks of the dynamic loader: its dynamic section and its symbols, as the loader
/// itself would find them, and what its segments are.
///
/// Every address, offset and count comes from the file and is checked before it is used
/// (System V ABI, chapter "Dynamic Linking"; the GNU hash table as in glibc's `elf/dl-lookup.c`).
public struct ELFDynamic: Sendable {
  /// A symbol that others can find, or that the file takes from others.
  public struct Symbol: Equatable, Sendable {
    public let name: String
    public let isDefined: Bool
  }

  /// The libraries that it needs.
  public private(set) var needed: [String] = []
  /// Directories of its own in which libraries are looked for.
  public private(set) var libraryPath: String?
  /// Whether its code has to be written to when it is mapped.
  public private(set) var hasTextRelocations = false
  /// Whether it asks for a stack that can be executed, which also who says nothing does.
  public private(set) var wantsExecutableStack = true
  /// The symbols that it exports or imports.
  public private(set) var symbols: [Symbol] = []

  private struct Segment {
    let address: UInt64
    let offset: Int
    let size: Int
  }

  private var segments: [Segment] = []

  private enum Tag {
    static let end: UInt64 = 0
    static let needed: UInt64 = 1
    static let hash: UInt64 = 4
    static let strings: UInt64 = 5
    static let symbols: UInt64 = 6
    static let stringSize: UInt64 = 10
    static let runPaths: [UInt64] = [15, 29]
    static let textRelocations: UInt64 = 22
    static let flags: UInt64 = 30
    static let gnuHash: UInt64 = 0x6FFF_FEF5
  }

  private static let dynamicSegment: UInt32 = 2
  private static let stackSegment: UInt32 = 0x6474_E551
  private static let symbolSize = 24
  /// Far more than any driver has; keeps a damaged count from filling the memory.
  private static let mostSymbols = 1 << 20

  public init(_ file: ELFFile) throws(ELFError) {
    let reader = ByteReader(bytes: file.bytes)
    var dynamic: Range<Int>?
    guard let table = reader.offset(at: 32), let count = reader.uint16(at: 56) else {
      throw ELFError("an ELF file that is cut short")
    }
    for index in 0..<Int(count) {
      let header = table + index * ELFFile.segmentSize
      guard let type = reader.uint32(at: header), let flags = reader.uint32(at: header + 4),
        let address = reader.uint64(at: header + 16)
      else { throw ELFError("an ELF file that is cut short") }
      if type == Self.stackSegment { wantsExecutableStack = flags & 1 != 0 }
      guard type == ELFFile.loadable || type == Self.dynamicSegment else { continue }
      guard let offset = reader.offset(at: header + 8), let size = reader.offset(at: header + 32),
        size <= reader.bytes.count - offset
      else { throw ELFError("an ELF file with a damaged segment") }
      if type == ELFFile.loadable {
        segments.append(Segment(address: address, offset: offset, size: size))
      } else {
        dynamic = offset..<(offset + size)
      }
    }
    guard let dynamic else { throw ELFError("no dynamic section: not a shared library") }
    try read(dynamic, reader)
  }

  private mutating func read(_ dynamic: Range<Int>, _ reader: ByteReader) throws(ELFError) {
    var neededNames: [UInt64] = []
    var pathName: UInt64?
    var addresses: [UInt64: UInt64] = [:]
    var place = dynamic.lowerBound
    while place + 16 <= dynamic.upperBound {
      guard let tag = reader.uint64(at: place), let value = reader.uint64(at: place + 8) else {
        break
      }
      place += 16
      switch tag {
      case Tag.end: place = dynamic.upperBound
      case Tag.needed: neededNames.append(value)
      case Tag.textRelocations: hasTextRelocations = true
      case Tag.flags: hasTextRelocations = hasTextRelocations || value & 4 != 0
      case _ where Tag.runPaths.contains(tag): pathName = value
      default: addresses[tag] = value
      }
    }
    guard let start = addresses[Tag.strings].flatMap({ offset(of: $0) }),
      let size = addresses[Tag.stringSize], size <= UInt64(reader.bytes.count - start)
    else { throw ELFError("a dynamic section without its names") }
    let strings = start..<(start + Int(size))
    for name in neededNames { needed.append(try text(name, strings, reader)) }
    if let pathName { libraryPath = try text(pathName, strings, reader) }
    try readSymbols(addresses, strings, reader)
  }

  private func text(
    _ offset: UInt64, _ strings: Range<Int>, _ reader: ByteReader
  ) throws(ELFError) -> String {
    guard let offset = Int(exactly: offset), let text = reader.string(at: offset, in: strings)
    else { throw ELFError("a dynamic section with a damaged name") }
    return text
  }

  /// Where the bytes of a mapped address stand in the file.
  private func offset(of address: UInt64) -> Int? {
    for segment in segments where address >= segment.address {
      let distance = address - segment.address
      if distance < UInt64(segment.size) { return segment.offset + Int(distance) }
    }
    return nil
  }

  private mutating func readSymbols(
    _ addresses: [UInt64: UInt64], _ strings: Range<Int>, _ reader: ByteReader
  ) throws(ELFError) {
    guard let table = addresses[Tag.symbols].flatMap({ offset(of: $0) }) else {
      throw ELFError("a dynamic section without symbols")
    }
    guard let count = try count(addresses, reader), count <= Self.mostSymbols,
      count <= (reader.bytes.count - table) / Self.symbolSize
    else { throw ELFError("a damaged table of symbols") }
    for index in 0..<count {
      let entry = table + index * Self.symbolSize
      guard let name = reader.uint32(at: entry), let section = reader.uint16(at: entry + 6) else {
        throw ELFError("a damaged table of symbols")
      }
      let binding = reader.bytes[entry + 4] >> 4
      let type = reader.bytes[entry + 4] & 15
      let visibility = reader.bytes[entry + 5] & 3
      // Local ones, sections and files are nobody's business, and hidden ones cannot be found.
      guard name != 0, binding != 0, type != 3, type != 4 else { continue }
      if section != 0, visibility == 1 || visibility == 2 { continue }
      symbols.append(
        Symbol(name: try text(UInt64(name), strings, reader), isDefined: section != 0))
    }
  }

  /// The dynamic section does not tell how many symbols there are; the hash tables do.
  private func count(
    _ addresses: [UInt64: UInt64], _ reader: ByteReader
  ) throws(ELFError) -> Int? {
    if let hash = addresses[Tag.hash].flatMap({ offset(of: $0) }) {
      return reader.uint32(at: hash + 4).map { Int($0) }
    }
    guard let hash = addresses[Tag.gnuHash].flatMap({ offset(of: $0) }) else { return nil }
    guard let buckets = reader.uint32(at: hash), let first = reader.uint32(at: hash + 4),
      let filters = reader.uint32(at: hash + 8)
    else { return nil }
    let bucketTable = hash + 16 + Int(filters) * 8
    let chains = bucketTable + Int(buckets) * 4
    guard chains <= reader.bytes.count else { return nil }
    var last = 0
    for index in 0..<Int(buckets) {
      guard let start = reader.uint32(at: bucketTable + index * 4) else { return nil }
      last = max(last, Int(start))
    }
    guard last >= Int(first) else { return Int(first) }
    // The chain of the last bucket ends with the last symbol: its hash has the lowest bit set.
    while let hash = reader.uint32(at: chains + (last - Int(first)) * 4) {
      last += 1
      if hash & 1 == 1 { return last }
    }
    return nil
  }
}
