import NexusPluginABI

/// The table of a driver in memory that stays valid while the library is mapped.
///
/// A driver keeps it in a global constant. The compiler initialises that once, with an atomic test,
/// on the first call of the entry point, so that several threads may call it at the same time.
public struct DriverTable: @unchecked Sendable {  // immutable after its initialiser
  private let table: UnsafePointer<nexus_driver>?

  /// The signature of `nexus_driver.begin`.
  public typealias Begin =
    @convention(c) (
      UnsafePointer<nexus_operation>?, UnsafeMutablePointer<nexus_sink>?,
      UnsafeMutablePointer<UnsafeMutableRawPointer?>?
    ) -> UInt32

  /// Lays out the table for `description`.
  public init(_ description: DriverDescription, begin: Begin) {
    var table = nexus_driver()
    table.size = UInt32(MemoryLayout<nexus_driver>.size)
    table.abi_major = UInt32(NEXUS_ABI_MAJOR)
    table.abi_minor = UInt32(NEXUS_ABI_MINOR)
    table.default_zone = UInt32(description.isCloud ? NEXUS_ZONE_CLOUD : NEXUS_ZONE_BY_ADDRESS)
    table.cancel = UInt32(NEXUS_CANCEL_ABORT)
    table.operations = description.operations.bits
    table.relayed = description.operations.bits & OperationSet.relayable
    table.id = nexus_slice(description.id)
    table.version = nexus_slice(description.version)
    table.summary = nexus_slice(description.summary)
    table.licence = nexus_slice(description.licence)
    (table.types, table.type_count) = Self.keep(description.types.map { nexus_slice($0) })
    (table.ports, table.port_count) = Self.keep(description.ports)
    (table.services, table.service_count) = Self.keep(description.services.map { nexus_slice($0) })
    table.begin = begin
    table.resume = { Calls.resume($0, $1, $2) }
    table.end = { Calls.end($0) }
    self.table = Self.keep([table]).0
  }

  /// What `nexus_driver_entry` answers.
  public func entry(_ major: UInt32) -> UnsafePointer<nexus_driver>? {
    major == UInt32(NEXUS_ABI_MAJOR) ? table : nil
  }

  /// Copies `values` into memory that is never freed: a few hundred bytes for each time that the
  /// library is loaded, because nobody says when it goes. Nil for none.
  private static func keep<Value>(_ values: [Value]) -> (UnsafePointer<Value>?, UInt64) {
    guard !values.isEmpty else { return (nil, 0) }
    let memory = UnsafeMutablePointer<Value>.allocate(capacity: values.count)
    for index in 0..<values.count { (memory + index).initialize(to: values[index]) }
    return (UnsafePointer(memory), UInt64(values.count))
  }
}
