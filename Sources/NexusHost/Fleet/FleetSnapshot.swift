import Drivers
import Synchronization

/// The whole fleet at one moment. Immutable: a change makes the next one.
public final class FleetSnapshot: Sendable {
  /// Counts the snapshots of a run, from 1; 0 is the empty fleet before the first.
  public let version: UInt64
  /// In the order of the configuration, then of discovery.
  public let members: [FleetMember]
  /// Place of each member in the order of names, which breaks ties.
  public let nameRanks: [Int]
  /// Unix seconds given as `created` of every model, so that it does not change while we run.
  public let created: Int64
  /// How each member stands, in their order.
  public let standings: [Standing]
  /// What models cost.
  public let prices: PriceTable
  /// The first version with the present index of names; snapshots of one edition share it.
  public let edition: UInt64
  /// About how many bytes the index takes.
  public let indexSize: Int
  private let index: [String: [Candidate]]
  // The same where there are few names: to compare them costs less than to hash one.
  private let few: [(name: String, candidates: [Candidate])]
  private static let fewest = 4
  // Made when somebody asks: with many backends it is long, and few snapshots are asked.
  private let listing = Mutex<[UInt8]?>(nil)
  // The same, and shared by all snapshots of the edition.
  private let table: TableBox

  private final class TableBox: Sendable {
    let made = Mutex<ModelTable?>(nil)
  }

  public init(
    version: UInt64 = 0, members: [FleetMember] = [], created: Int64 = 0,
    prices: PriceTable = PriceTable()
  ) {
    self.version = version
    self.members = members
    self.created = created
    self.prices = prices
    standings = members.map(Standing.init)
    index = Self.makeIndex(members, prices)
    few = Self.few(index)
    edition = version
    table = TableBox()
    indexSize = index.values.reduce(0) { $0 + 64 + $1.count * MemoryLayout<Candidate>.stride }
    var ranks = [Int](repeating: 0, count: members.count)
    let order = members.indices.sorted {
      (members[$0].backend.name, $0) < (members[$1].backend.name, $1)
    }
    for (rank, member) in order.enumerated() { ranks[member] = rank }
    nameRanks = ranks
  }

  /// The snapshot after `previous` in which the same backends offer the same models, and only how
  /// they are has changed: what was made of their names and models is used again.
  public init(updating previous: FleetSnapshot, members: [FleetMember]) {
    version = previous.version + 1
    self.members = members
    standings = members.map(Standing.init)
    created = previous.created
    prices = previous.prices
    index = previous.index
    few = previous.few
    edition = previous.edition
    table = previous.table
    indexSize = previous.indexSize
    nameRanks = previous.nameRanks
  }

  /// Every usable model that is called `name`, whatever the state of its backend: at most one per
  /// backend, an id before an alias, in the order of members.
  public func candidates(for name: String) -> [Candidate] {
    for entry in few where entry.name == name { return entry.candidates }
    return few.isEmpty ? index[name] ?? [] : []
  }

  /// Whether some backend lists a model of that name, up or not.
  public func knows(_ name: String) -> Bool { index[name] != nil }

  /// The distinct ids of models that requests can be routed to now, sorted.
  public var routableModels: [String] {
    index.lazy.filter(isRoutable).map(\.key).sorted()
  }

  /// How many those are.
  public var routableModelCount: Int { index.count(where: isRoutable) }

  private func isRoutable(_ entry: (key: String, value: [Candidate])) -> Bool {
    entry.value.contains { !$0.isByAlias && members[$0.member].isRoutable }
  }

  /// Number of distinct model ids, those of backends that are down included.
  public var modelCount: Int { modelTable.rows.count }

  /// Number of backends that requests can be routed to.
  public var routableCount: Int { members.count(where: \.isRoutable) }

  /// The body of `GET /v1/models`.
  public var modelListing: [UInt8] {
    listing.withLock { made in
      if let made { return made }
      let new = ModelListing.list(self)
      made = new
      return new
    }
  }

  /// Which models there are and where, those of backends that are down included.
  public var modelTable: ModelTable {
    table.made.withLock { made in
      if let made { return made }
      let new = ModelTable(members)
      made = new
      return new
    }
  }

  /// The body of `GET /v1/models/{name}`, or nil if no backend that is up has such a model.
  public func modelEntry(_ name: String) -> [UInt8]? { ModelListing.entry(named: name, in: self) }

  private static func few(
    _ index: [String: [Candidate]]
  ) -> [(name: String, candidates: [Candidate])] {
    index.count > fewest ? [] : index.map { ($0.key, $0.value) }
  }

  private static func makeIndex(
    _ members: [FleetMember], _ prices: PriceTable
  ) -> [String: [Candidate]] {
    var index: [String: [Candidate]] = [:]
    for (position, member) in members.enumerated() {
      for (number, model) in member.models.enumerated() where model.isUsable {
        index[model.id, default: []].append(
          Candidate(member: position, of: member, model: number, prices: prices))
      }
    }
    // Aliases come second: a backend whose model has the name as its id already stands there.
    for (position, member) in members.enumerated() {
      for (number, model) in member.models.enumerated()
      where model.isUsable && !model.alias.isEmpty && model.alias != model.id {
        add(
          Candidate(
            member: position, of: member, model: number, isByAlias: true, prices: prices),
          named: model.alias, to: &index)
      }
    }
    return index
  }

  private static func add(
    _ candidate: Candidate, named name: String, to index: inout [String: [Candidate]]
  ) {
    var list = index[name] ?? []
    let place = list.firstIndex { $0.member >= candidate.member } ?? list.endIndex
    if place < list.endIndex, list[place].member == candidate.member { return }
    list.insert(candidate, at: place)
    index[name] = list
  }
}

extension FleetSnapshot {
  /// Whether every backend has been heard of, well or ill.
  public var isLookedAt: Bool { members.allSatisfy { $0.state != .unknown } }
}
