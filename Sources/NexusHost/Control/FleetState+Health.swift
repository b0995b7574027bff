import Config
import Drivers
import Fleet
import HTTP

// How servers are: what surveys and live requests say about them.
extension FleetState {
  mutating func surveyed(_ id: RecordID, _ outcome: ExchangeOutcome, now: UInt64) {
    guard let index = place(of: id), records[index].backend.kind != nil else { return }
    let (event, why) = SurveyVerdict.event(outcome, state: records[index].health.state)
    let reports = outcome.reports
    let before = records[index].models.map(\.report)
    let version = records[index].serverVersion
    if event == .probeReady {
      records[index].isConfirmed = false
      if before != reports.models {
        let load = records[index].backend.load
        let old = Set(before.map(\.id))
        for report in reports.models where !old.contains(report.id) {
          load.account(of: report.id).circuit.record(.lookedWell, at: now)
        }
        records[index].models = reports.models.map { Model($0, account: load.account(of: $0.id)) }
        records[index].member = nil
      }
      note(reports, at: index)
      records[index].backend.load.circuit.record(.lookedWell, at: now)
    }
    let wasUp = records[index].health.state == .up
    apply(event, why, to: index, now: now, endsProbe: true)
    suspect(index, outcome.failure, isOther: version != records[index].serverVersion, now: now)
    guard event == .probeReady, before != reports.models else { return }
    if wasUp { tellModels(index, before: before) }
    tellAbsentModels(index)
    tellAssumedPrices(index, before: before)
  }

  /// Asks at once what a server is that talks like another kind, or another version, than it was: it
  /// may have been exchanged between two looks.
  private mutating func suspect(
    _ index: Int, _ failure: DriverFailure?, isOther: Bool, now: UInt64
  ) {
    let isForeign = failure.map { [.unsupported, .badRequest, .modelAbsent].contains($0.code) }
    let version = records[index].serverVersion
    guard isForeign ?? (isOther && !version.isEmpty), !records[index].isConfirmed,
      !records[index].hasConfiguredType, !identifiers.isEmpty
    else { return }
    records[index].isSuspect = true
    records[index].schedule.probeNow(now: now)
  }

  private mutating func note(_ reports: DriverReports, at index: Int) {
    if records[index].loads != reports.loads {
      records[index].loads = reports.loads
      records[index].member = nil
    }
    let foreign = max(0, reports.loads.requests - records[index].backend.load.inFlight)
    if records[index].foreignRequests != foreign {
      records[index].foreignRequests = foreign
      records[index].member = nil
    }
    let memory = (reports.health?.memoryTotal ?? 0, reports.health?.memoryFree ?? 0)
    if records[index].memory != memory {
      records[index].memory = memory
      records[index].member = nil
    }
    if let version = reports.health?.serverVersion, !version.isEmpty,
      version != records[index].serverVersion
    {
      records[index].serverVersion = version
      records[index].member = nil
    }
  }

  mutating func requestFailed(_ backend: Backend, _ failure: DriverFailure, now: UInt64) {
    guard let index = place(of: backend) else { return }
    apply(
      SurveyVerdict.event(requestFailed: failure), failure.message, to: index, now: now,
      endsProbe: false)
  }

  mutating func requestSucceeded(_ backend: Backend) {
    guard let index = place(of: backend) else { return }
    apply(.requestSucceeded, "", to: index, now: 0, endsProbe: false)
  }

  /// Has a backend looked at as soon as possible; nil if it has gone or there is nobody to ask.
  mutating func hasten(_ backend: Backend, now: UInt64) -> RecordID? {
    guard let index = place(of: backend), canProbe(records[index]) else { return nil }
    records[index].schedule.hasten(now: now)
    return records[index].id
  }

  /// A backend that was described or identified anew is still the same by its counters.
  private func place(of backend: Backend) -> Int? {
    records.firstIndex { $0.backend.load === backend.load }
  }

  /// Takes an event of the health machine and what follows from it for schedule, snapshot and log.
  mutating func apply(
    _ event: BackendHealth.Event?, _ why: String, to index: Int, now: UInt64, endsProbe: Bool
  ) {
    let key = event == .keyRefused ? records[index].backend.settings.keyPlace : nil
    let why = key.map { "refuses the key in \($0)" } ?? why
    let action = event.map { records[index].health.on($0) } ?? .nothing
    let health = records[index].health
    let backend = records[index].backend
    backend.load.setDoubted(health.failures > 0 && health.state != .down)
    // One good answer does not bring it up yet; what took it down still stands.
    let isBetter = event == .probeReady || event == .requestSucceeded
    let reason = isBetter ? records[index].detail : why
    let detail = health.state == .up ? "" : reason
    if action.became != nil || records[index].detail != detail {
      records[index].detail = detail
      records[index].member = nil
    }
    if endsProbe {
      records[index].schedule.finish(
        now: now, health: health, interval: interval, isLocal: backend.endpoint.isLoopback)
    } else if action.probeSoon {
      records[index].schedule.hasten(now: now)
    }
    guard let state = action.became else { return }
    if event == .keyRefused {
      actions.append(
        .tell(.keyRefused(name: backend.name, url: backend.endpoint.url, place: key)))
    } else {
      tell(state, index, why)
    }
  }

  /// A model that nobody has looked at. Servers that pass requests on to another party's machines
  /// tell it by the name.
  private static func assumed(_ id: String) -> ModelReport {
    var report = ModelReport(id: id)
    report.isRemote = id.hasSuffix(":cloud") || id.hasSuffix("-cloud")
    return report
  }

  /// Without health checks, a server whose type and models are named counts as up unasked.
  mutating func assume(_ index: Int, now: UInt64) {
    guard !healthCheck.enabled, records[index].backend.kind != nil else { return }
    let absent = records[index].absentModels
    if !absent.isEmpty {
      let load = records[index].backend.load
      records[index].models += absent.map {
        Model(Self.assumed($0), account: load.account(of: $0))
      }
      records[index].member = nil
    }
    guard records[index].backend.settings.models != nil, records[index].health.state == .unknown
    else { return }
    apply(.probeReady, "", to: index, now: now, endsProbe: true)
  }
}

// MARK: - News

extension FleetState {
  private mutating func tell(_ state: BackendHealth.State, _ index: Int, _ why: String) {
    let record = records[index]
    let name = record.backend.name
    let url = record.backend.endpoint.url
    switch state {
    case .up:
      actions.append(
        .tell(
          .up(
            name: name, type: record.backend.kind?.type ?? "", url: url,
            models: record.models.count, version: record.serverVersion)))
    case .down: actions.append(.tell(.down(name: name, url: url, why: why)))
    case .loading: actions.append(.tell(.loading(name: name, why: why)))
    case .unknown: break
    }
  }

  private mutating func tellModels(_ index: Int, before: [ModelReport]) {
    let old = Set(before.map(\.id))
    let new = Set(records[index].models.map(\.id))
    guard old != new else { return }
    actions.append(
      .tell(
        .modelsChanged(
          name: records[index].backend.name, models: new.count,
          added: new.subtracting(old).sorted(), removed: old.subtracting(new).sorted())))
  }

  /// Says which new models cost an unknown amount of money.
  private mutating func tellAssumedPrices(_ index: Int, before: [ModelReport]) {
    let backend = records[index].backend
    let old = Set(before.map(\.id))
    let models = records[index].usedModels.filter {
      !old.contains($0.id) && prices.isAssumed(for: $0, on: backend)
    }
    guard !models.isEmpty else { return }
    actions.append(.tell(.pricesAssumed(name: backend.name, models: models.map(\.id))))
  }

  /// Says which models are to be used but are not there.
  mutating func tellAbsentModels(_ index: Int) {
    let absent = records[index].absentModels
    guard !absent.isEmpty else { return }
    actions.append(.tell(.modelsAbsent(name: records[index].backend.name, models: absent)))
  }
}
