import Fleet
import Synchronization
import Text

/// What is long to write and seldom changes, kept from one snapshot to the next. Any thread.
final class LiveRenderings: Sendable {
  private struct Contents {
    var models: (fleet: FleetSnapshot, json: [UInt8])?
    var available: (edition: UInt64, routable: [Bool], count: Int)?
    var report: (number: UInt64, report: LiveReport)?
    var page: (number: UInt64, parts: PageParts)?
  }

  private let contents = Mutex(Contents())

  /// The body that `GET /v1/live` answers, written once for all who ask.
  func report(_ snapshot: LiveSnapshot) -> LiveReport {
    let known = contents.withLock { $0.report }
    if let known, known.number == snapshot.number { return known.report }
    let new = LiveReport(snapshot)
    contents.withLock { $0.report = (snapshot.number, new) }
    return new
  }

  /// The parts of the page, made once for all who watch it or load it.
  func page(_ snapshot: LiveSnapshot) -> PageParts {
    let known = contents.withLock { $0.page }
    if let known, known.number == snapshot.number { return known.parts }
    let new = PageParts(snapshot)
    contents.withLock { $0.page = (snapshot.number, new) }
    return new
  }

  /// Which models there are, and where, as JSON.
  func models(_ fleet: FleetSnapshot) -> [UInt8] {
    let known = contents.withLock { $0.models }
    if let known, known.fleet === fleet { return known.json }
    let new = Self.matrix(fleet)
    contents.withLock { $0.models = (fleet, new) }
    return new
  }

  /// How many models requests can be routed to.
  func modelsAvailable(_ fleet: FleetSnapshot) -> Int {
    let routable = fleet.members.map(\.isRoutable)
    let known = contents.withLock { $0.available }
    if let known, known.edition == fleet.edition, known.routable == routable { return known.count }
    let count = fleet.routableModelCount
    contents.withLock { $0.available = (fleet.edition, routable, count) }
    return count
  }

  /// Each model once, by its id, with the names of the backends that have it.
  private static func matrix(_ fleet: FleetSnapshot) -> [UInt8] {
    JSONText.array { list in
      for row in fleet.modelTable.rows {
        guard let first = row.places.first else { continue }
        list.object { text in
          text.member("id", first.model.idBytes)
          ModelReports.appendAbilities(of: first.model, to: &text)
          text.array("backends") { list in
            for place in row.places { list.value(fleet.members[place.member].backend.name) }
          }
          text.array("loaded_on") { list in
            for place in row.places where place.model.isLoaded == true {
              list.value(fleet.members[place.member].backend.name)
            }
          }
        }
      }
    }
  }
}

/// The body of `GET /v1/live`.
struct LiveReport: Sendable {
  let body: [UInt8]
  /// Of all but the time.
  let tag: EntityTag

  init(_ snapshot: LiveSnapshot) {
    let report = LiveJSON.report(snapshot)
    body = report.body
    let hash = NameHash.of(bytes: report.body[report.start...])
    tag = EntityTag("W/\"\(String(hash, radix: 36))\"")
  }
}
