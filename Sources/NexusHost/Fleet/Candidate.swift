import Config
import Drivers

/// A model on a backend that answers to a name.
///
/// Indices into a snapshot and plain numbers, so that routing looks at lists of them without
/// touching an object, and a list costs nothing to hand around.
public struct Candidate: Equatable, Sendable {
  /// Place of the backend in `FleetSnapshot.members`.
  public let member: Int
  /// Place of the model in `FleetMember.models`.
  public let model: Int
  /// Whether the name is the model's second one: policies may say something else of its first.
  public let isByAlias: Bool
  /// Whether the model is computed on another party's machines though the backend lists it.
  public let isRemote: Bool
  /// Whether the model was in memory when the server was last asked.
  public let residency: Residency
  /// Whether it may come into memory for a request.
  public let loading: Loading
  /// What the backend's driver can do; empty while the backend is not identified.
  public let operations: OperationSet
  /// Abilities that the model is known to lack.
  public let lacks: Abilities
  /// Abilities that the model is known to have.
  public let has: Abilities
  /// The model's window in tokens; 0 unknown.
  public let contextTokens: UInt64
  /// Requests that the model serves at once; 0 unknown.
  public let slots: Int
  /// Size in memory, or as stored, in megabytes; 0 unknown.
  public let megabytes: UInt32
  /// What it costs; nil for nothing.
  public let price: ModelPrice?

  init(
    member: Int, of description: FleetMember, model: Int, isByAlias: Bool = false,
    prices: PriceTable = PriceTable()
  ) {
    self.member = member
    self.model = model
    self.isByAlias = isByAlias
    let offered = description.models[model]
    isRemote = offered.report.isRemote
    residency = offered.report.residency
    operations = description.backend.kind?.descriptor.operations ?? []
    loading = Loading(of: offered, on: description.backend, operations)
    lacks = offered.lacks
    has = offered.report.abilities.intersection(offered.report.abilitiesKnown)
    contextTokens = offered.contextTokens
    slots = offered.report.slots
    let size =
      offered.report.memoryBytes > 0 ? offered.report.memoryBytes : offered.report.diskBytes
    megabytes = UInt32(clamping: size / 1_000_000)
    price = prices.price(of: offered, on: description.backend)
  }

  /// Where prompts for it go: what leaves the backend's machine is open whatever the backend is.
  public func zone(on standing: Standing) -> Settings.Zone { isRemote ? .open : standing.zone }
}

/// How a model that is asked for gets into memory.
public enum Loading: Sendable {
  /// It is there, or its server brings it there for the request, or nobody knows.
  case free
  /// The gateway has to tell the server before it sends the request.
  case told
  /// The gateway would have to, and cannot.
  case impossible
  /// It is not there, and `never_load` forbids it.
  case forbidden

  init(of model: Model, on backend: Backend, _ operations: OperationSet) {
    let report = model.report
    guard !report.isRemote, report.residency != .loaded, report.residency != .unknown else {
      self = .free
      return
    }
    if report.residency != .loading, backend.isNeverLoaded(model) {
      self = .forbidden
    } else if report.needsLoad {
      self = operations.contains(.load) ? .told : .impossible
    } else {
      self = .free
    }
  }
}
