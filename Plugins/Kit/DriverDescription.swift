/// What a driver is and can do: the part of its table that people and the host read.
public struct DriverDescription: Sendable {
  public let id: StaticString
  public let version: StaticString
  public let summary: StaticString
  public let licence: StaticString
  /// Backend types that it serves.
  public let types: [StaticString]
  /// TCP ports that such servers use by default.
  public let ports: [UInt32]
  /// DNS-SD types.
  public let services: [StaticString]
  public let operations: OperationSet
  /// Whether prompts leave for another party's machines.
  public let isCloud: Bool

  public init(
    id: StaticString, version: StaticString, summary: StaticString, licence: StaticString,
    types: [StaticString], ports: [UInt32] = [], services: [StaticString] = [],
    operations: OperationSet, isCloud: Bool = false
  ) {
    self.id = id
    self.version = version
    self.summary = summary
    self.licence = licence
    self.types = types
    self.ports = ports
    self.services = services
    self.operations = operations
    self.isCloud = isCloud
  }
}

/// Kinds of operation as the bits of the driver table.
public struct OperationSet: Sendable {
  let bits: UInt64

  public init(_ kinds: Operation.Kind...) {
    var bits: UInt64 = 0
    for kind in kinds { bits |= kind.bit }
    self.bits = bits
  }

  /// The kinds that are answered by relaying the server's own answer.
  static let relayable: UInt64 =
    Operation.Kind.chat.bit | Operation.Kind.completions.bit | Operation.Kind.embeddings.bit
}
