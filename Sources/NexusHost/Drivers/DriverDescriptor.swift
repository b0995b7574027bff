import NexusPluginABI

/// Where the prompts of a backend go if nobody configured it.
public enum DefaultZone: UInt32, Sendable {
  /// Private addresses are ours, others are not.
  case byAddress = 0
  /// Always another party's machines.
  case cloud = 1
}

/// What to do upstream when the client has gone.
public enum CancelPolicy: Equatable, Sendable {
  /// Close the connection at once.
  case abort
  /// Read on for up to so many milliseconds, then close.
  case drain(milliseconds: Int)
}

/// What a driver is and can do: a checked copy of its table, and where it came from.
public struct DriverDescriptor: Equatable, Sendable {
  /// Reverse domain, e.g. "org.example.server".
  public let id: String
  /// Of the driver, e.g. "1.2.0".
  public let version: String
  /// One line for people.
  public let summary: String
  /// SPDX identifier.
  public let licence: String
  /// Backend types that it serves; at least one.
  public let types: [String]
  /// What it can do.
  public let operations: OperationSet
  /// Those of `operations` that pass the server's answer through unchanged.
  public let relayed: OperationSet
  /// TCP ports that such servers use by default.
  public let ports: [UInt16]
  /// DNS-SD types, e.g. "_ollama._tcp".
  public let services: [String]
  public let zone: DefaultZone
  public let cancel: CancelPolicy
  public let abiMajor: Int
  public let abiMinor: Int
  /// The file that it was loaded from; empty for one that is built in.
  public internal(set) var path: String = ""
  /// SHA-256 of that file in lower-case hexadecimal; empty for one that is built in.
  public internal(set) var sha256: String = ""
}

/// Why a driver table is refused: one line for people.
public struct DriverTableError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

extension DriverDescriptor {
  /// Size up to and including `end`, the last required field.
  static let requiredSize = MemoryLayout<nexus_driver>.offset(of: \.`extension`) ?? 176

  /// Checks a copy of a driver's table and copies what it points to.
  init(checking table: nexus_driver) throws(DriverTableError) {
    id = try Self.text(table.id, "id")
    version = try Self.text(table.version, "version")
    summary = try Self.text(table.summary, "summary")
    licence = try Self.text(table.licence, "licence")
    guard id.utf8.allSatisfy(Self.isNameByte) else {
      throw DriverTableError("the id '\(id)' holds more than letters, digits, '.', '-' and '_'")
    }
    types = try Self.texts(table.types, table.type_count, "types")
    guard !types.isEmpty else { throw DriverTableError("the table names no backend type") }
    for type in types where !type.utf8.allSatisfy(Self.isNameByte) {
      throw DriverTableError("the type '\(type)' holds more than letters, digits, '.', '-', '_'")
    }
    guard Set(types).count == types.count else {
      throw DriverTableError("the table names a backend type twice")
    }
    services = try Self.texts(table.services, table.service_count, "services")
    ports = try Self.ports(table)
    operations = OperationSet(rawValue: table.operations)
    relayed = OperationSet(rawValue: table.relayed)
    guard !operations.isDisjoint(with: .known) else {
      throw DriverTableError("the table declares no operation that this host knows")
    }
    guard operations.isSuperset(of: relayed) else {
      throw DriverTableError("'relayed' holds operations that 'operations' does not")
    }
    guard let zone = DefaultZone(rawValue: table.default_zone) else {
      throw DriverTableError("default_zone is \(table.default_zone); known are 0 and 1")
    }
    self.zone = zone
    switch table.cancel {
    case NEXUS_CANCEL_ABORT: cancel = .abort
    case NEXUS_CANCEL_DRAIN: cancel = .drain(milliseconds: Int(min(table.drain_ms, 60_000)))
    default: throw DriverTableError("cancel is \(table.cancel); known are 0 and 1")
    }
    guard table.begin != nil, table.resume != nil, table.end != nil else {
      throw DriverTableError("begin, resume or end is missing")
    }
    abiMajor = Int(table.abi_major)
    abiMinor = Int(table.abi_minor)
  }

  /// Reads the table at `pointer` as far as its writer knew it; the rest is zero.
  static func copyTable(
    _ pointer: UnsafePointer<nexus_driver>
  ) throws(DriverTableError) -> nexus_driver {
    var table = nexus_driver()
    guard readRecord(UnsafeRawPointer(pointer), into: &table) else {
      throw DriverTableError("the driver table says that it has no size")
    }
    // The version stands before anything that a later major could move.
    guard table.abi_major == NEXUS_ABI_MAJOR else {
      throw DriverTableError(
        "made for driver ABI \(table.abi_major); this host speaks \(NEXUS_ABI_MAJOR)")
    }
    guard Int(table.size) >= requiredSize else {
      throw DriverTableError(
        "the driver table has \(table.size) bytes; \(requiredSize) are required")
    }
    return table
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
    default: false
    }
  }

  private static func text(
    _ slice: nexus_slice, _ field: String
  ) throws(DriverTableError) -> String {
    guard let text = slice.text(limit: DriverLimits.textBytes) else {
      throw DriverTableError("'\(field)' is no UTF-8 text of at most 1 KiB")
    }
    guard !text.isEmpty else { throw DriverTableError("the required field '\(field)' is empty") }
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw DriverTableError("'\(field)' holds control characters")
    }
    return text
  }

  private static func count<Entry>(
    _ entries: UnsafePointer<Entry>?, _ count: UInt64, _ field: String
  ) throws(DriverTableError) -> Int {
    guard count <= UInt64(DriverLimits.tableEntries) else {
      throw DriverTableError("'\(field)' has \(count) entries; at most 64 are read")
    }
    guard count == 0 || entries != nil else {
      throw DriverTableError("'\(field)' has entries but no address")
    }
    return Int(count)
  }

  private static func texts(
    _ entries: UnsafePointer<nexus_slice>?, _ count: UInt64, _ field: String
  ) throws(DriverTableError) -> [String] {
    let count = try Self.count(entries, count, field)
    var texts: [String] = []
    guard let entries else { return texts }
    for index in 0..<count { texts.append(try text(entries[index], field)) }
    return texts
  }

  private static func ports(_ table: nexus_driver) throws(DriverTableError) -> [UInt16] {
    let count = try count(table.ports, table.port_count, "ports")
    var ports: [UInt16] = []
    guard let entries = table.ports else { return ports }
    for index in 0..<count {
      guard let port = UInt16(exactly: entries[index]), port > 0 else {
        throw DriverTableError("'ports' holds \(entries[index]), which is no TCP port")
      }
      ports.append(port)
    }
    return ports
  }
}

extension DriverDescriptor {
  /// The version of the driver interface that this host speaks: "1.0".
  public static let hostABI = "\(NEXUS_ABI_MAJOR).\(NEXUS_ABI_MINOR)"
}
