import Drivers
import NexusPluginABI

extension Driver {
  /// A driver that can do everything and is never called.
  public static func fake() throws -> Driver {
    let type: StaticString = "fake"
    let name = nexus_slice(data: type.utf8Start, size: UInt64(type.utf8CodeUnitCount))
    var types = [name]
    return try types.withUnsafeMutableBufferPointer { types in
      var table = nexus_driver()
      table.size = UInt32(MemoryLayout<nexus_driver>.size)
      table.abi_major = NEXUS_ABI_MAJOR
      table.operations = OperationSet.known.rawValue
      table.id = name
      table.version = name
      table.summary = name
      table.licence = name
      table.types = UnsafePointer(types.baseAddress)
      table.type_count = 1
      table.begin = { _, _, _ in NEXUS_DONE }
      table.resume = { _, _, _ in NEXUS_DONE }
      table.end = { _ in }
      return try withUnsafePointer(to: table) { try Driver(table: $0) }
    }
  }
}
