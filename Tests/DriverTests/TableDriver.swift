import HTTP
import NexusPluginABI

@testable import Drivers

/// A slice over text that lives as long as the program.
func slice(_ text: StaticString) -> nexus_slice {
  nexus_slice(data: text.utf8Start, size: UInt64(text.utf8CodeUnitCount))
}

/// A driver table that tests build in memory, with a sound content that each test then spoils.
// Unchecked because a test changes its table before the first call only.
final class TableDriver: @unchecked Sendable {
  let table: UnsafeMutablePointer<nexus_driver>
  let types: UnsafeMutablePointer<nexus_slice>
  let ports: UnsafeMutablePointer<UInt32>

  init(
    begin: Driver.Begin? = { _, _, _ in NEXUS_DONE },
    resume: Driver.Resume? = { _, _, _ in NEXUS_DONE },
    end: Driver.End? = { _ in }
  ) {
    types = .allocate(capacity: 1)
    types.initialize(to: slice("fake"))
    ports = .allocate(capacity: 1)
    ports.initialize(to: 4242)
    table = .allocate(capacity: 1)
    table.initialize(to: nexus_driver())
    table.pointee.size = UInt32(MemoryLayout<nexus_driver>.size)
    table.pointee.abi_major = NEXUS_ABI_MAJOR
    table.pointee.operations =
      OperationSet([.init(.identify), .init(.survey), .init(.chat)]).rawValue
    table.pointee.relayed = OperationSet(.chat).rawValue
    table.pointee.id = slice("org.example.fake")
    table.pointee.version = slice("1.0.0")
    table.pointee.summary = slice("A driver for tests")
    table.pointee.licence = slice("MIT")
    table.pointee.types = UnsafePointer(types)
    table.pointee.type_count = 1
    table.pointee.ports = UnsafePointer(ports)
    table.pointee.port_count = 1
    table.pointee.begin = begin
    table.pointee.resume = resume
    table.pointee.end = end
  }

  deinit {
    table.deallocate()
    types.deallocate()
    ports.deallocate()
  }

  func driver() throws(DriverTableError) -> Driver { try Driver(table: table) }
}

extension Exchange {
  /// Begins an operation over a body that the test has as an array.
  func begin(_ driver: Driver, _ kind: OperationKind, body: [UInt8] = []) -> Verdict {
    begin(driver, DriverOperation(kind: kind), body: body.span.bytes)
  }

  /// Shows a head whose fields are written as text.
  func head(_ status: Int, _ fields: [(String, String)] = []) -> Verdict {
    var bytes: [UInt8] = []
    var slices: [HTTPField] = []
    for (name, value) in fields {
      let start = bytes.count
      bytes += Array(name.utf8)
      let middle = bytes.count
      bytes += Array(value.utf8)
      slices.append(
        HTTPField(
          nameStart: start, nameEnd: middle, valueStart: middle, valueEnd: bytes.count))
    }
    return head(status: status, in: bytes.span.bytes, fields: slices)
  }

  func body(_ text: String) -> Verdict { body(Array(text.utf8).span.bytes) }
}
