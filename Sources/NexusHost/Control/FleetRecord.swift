import Config
import Drivers
import Fleet

/// Names a backend of the control loop as long as the process lives; never given twice, so that an
/// answer that comes late cannot be taken for another's.
struct RecordID: Hashable {
  let number: Int
}

/// What the control loop knows about one backend.
struct FleetRecord {
  let id: RecordID
  var backend: Backend
  var health: BackendHealth
  /// Whether it was taken out of use.
  var isDraining = false
  /// Why it is not up, or what it says about itself.
  var detail = ""
  var serverVersion = ""
  /// All that it lists, whether they are to be used or not.
  var models: [Model] = []
  var loads: [LoadReport] = []
  /// Requests of others in `loads`, which hold ours too.
  var foreignRequests = 0
  /// In bytes, as the server tells it; 0 unknown.
  var memory: (total: UInt64, free: UInt64) = (0, 0)
  var schedule: ProbeSchedule
  /// The drivers that have not answered yet what the server is, and the best answer so far.
  var identification: Identification?
  /// How it was found; nil if somebody named it.
  var finding: Finding?
  /// Whether its last survey looked as if another kind of server were there now.
  var isSuspect = false
  /// Whether it was identified since its last good survey.
  var isConfirmed = false
  /// Whether it was said that nobody recognises the server.
  var isKnownUnrecognised = false
  /// The member of the present snapshot that shows this; nil when it must be made anew.
  var member: FleetMember?

  init(id: RecordID, _ backend: Backend, health: BackendHealth, now: UInt64) {
    self.id = id
    self.backend = backend
    self.health = health
    schedule = ProbeSchedule(now: now)
  }

  /// Whether somebody named its type: then it is never asked what it is.
  var hasConfiguredType: Bool { backend.settings.type != nil }

  /// Whether the next probe asks what the server is: because nobody knows, or because what was
  /// there is gone and something else may come back in its place.
  var needsIdentification: Bool {
    backend.kind == nil
      || !hasConfiguredType && (isSuspect || health.state == .down && health.successes == 0)
  }

  /// Whether `new` describes the same server, asked with the same key: then what is known of it and
  /// what it has under way stay true.
  func isSame(as new: Backend) -> Bool {
    let (old, type) = (backend.settings.type, new.settings.type)
    return backend.endpoint == new.endpoint && backend.target.credential == new.target.credential
      && (type == old || type == nil && health.state == .up
        || old == nil && type == backend.kind?.type)
  }

  /// Takes another description of the same server.
  mutating func describe(_ new: Backend) {
    guard backend.settings != new.settings || backend.source != new.source else { return }
    backend = backend.described(by: new.settings, source: new.source)
    if new.source != .discovered { finding = nil }
    member = nil
  }

  /// The member that shows this record, made only when it changed.
  mutating func currentMember() -> FleetMember {
    if let member { return member }
    let new = FleetMember(
      backend: backend, state: health.state, isDraining: isDraining, models: usedModels,
      detail: detail, serverVersion: serverVersion, loads: loads,
      foreignRequests: foreignRequests, memoryTotal: memory.total, memoryFree: memory.free)
    member = new
    return new
  }

  var usedModels: [Model] {
    guard let names = backend.settings.models else { return models }
    return models.filter { names.contains($0.id) || names.contains($0.alias) }
  }

  /// Names that are to be used but stand for no model of the server.
  var absentModels: [String] {
    (backend.settings.models ?? []).filter { name in
      !models.contains { $0.id == name || $0.alias == name }
    }
  }
}

extension [LoadReport] {
  /// What runs and waits in the server: as it says of the whole, else of its models together.
  var requests: Int {
    func count(_ report: LoadReport) -> Int { (report.running ?? 0) + (report.waiting ?? 0) }
    let wholes = filter(\.model.isEmpty)
    return (wholes.isEmpty ? self : wholes).map(count).reduce(0, +)
  }
}
