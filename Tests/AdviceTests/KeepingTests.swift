import Config
import Drivers
import Fleet
import Foundation
import HTTP
import Testing

@testable import Control

/// From counters to the history, and from there to the disk and back.
@Suite struct KeepingTests {
  private func member(_ name: String, _ models: [Model]) -> FleetMember {
    let settings = Settings.Backend(
      name: name, endpoint: Endpoint(scheme: .http, host: "127.0.0.1", port: 1))
    return FleetMember(backend: Backend(settings), state: .up, models: models)
  }

  private func model(_ id: String, _ account: ModelAccount = ModelAccount()) -> Model {
    Model(ModelReport(id: id), account: account)
  }

  @Test func answeredRequestsAreCountedOnce() {
    let (first, second) = (model("m"), model("m"))
    first.account.quality.recordSuccess()
    var meter = DemandMeter(FleetSnapshot(members: [member("a", [first])]))
    let fleet = FleetSnapshot(members: [member("a", [first, model("n")]), member("b", [second])])
    // What came before does not count, whatever failed does not either.
    #expect(meter.look(at: fleet).isEmpty)
    for _ in 0..<3 { first.account.quality.recordSuccess() }
    second.account.quality.recordSuccess()
    second.account.quality.recordFailure()
    #expect(meter.look(at: fleet) == ["m": 4])
    #expect(meter.look(at: fleet).isEmpty)
  }

  @Test func aModelThatGoesAndComesIsNotCountedTwice() {
    let account = ModelAccount()
    var meter = DemandMeter(FleetSnapshot())
    for _ in 0..<5 { account.quality.recordSuccess() }
    #expect(
      meter.look(at: FleetSnapshot(members: [member("a", [model("m", account)])])) == ["m": 5])
    #expect(meter.look(at: FleetSnapshot(members: [member("a", [])])).isEmpty)
    meter.clear()
    account.quality.recordSuccess()
    #expect(
      meter.look(at: FleetSnapshot(members: [member("a", [model("m", account)])])) == ["m": 1])
  }

  /// Accounts that come to lie where others lay begin anew.
  @Test func accountsThatAreGoneAreForgotten() {
    var meter = DemandMeter(FleetSnapshot())
    for round in 1...200 {
      let model = model("m")
      for _ in 0..<round % 3 + 1 { model.account.quality.recordSuccess() }
      let seen = meter.look(at: FleetSnapshot(members: [member("a", [model])]))
      #expect(seen == ["m": UInt64(round % 3 + 1)])
      if round.isMultiple(of: 10) { meter.clear() }
    }
  }

  @Test func onlyWhatChangedIsWritten() throws {
    let (store, _) = try StateStore.open(StateLocation.none)
    var notes: [String] = []
    var keeper = DemandKeeper(store, at: DemandSample.noon, &notes)
    #expect(keeper.takeRecords().isEmpty && notes.isEmpty)
    keeper.add(["a": 2, "b": 1], at: DemandSample.noon)
    #expect(keeper.takeRecords().map(\.key) == ["a", "b"])
    keeper.add(["b": 1], at: DemandSample.noon)
    let records = keeper.takeRecords()
    #expect(records.map(\.key) == ["b"] && records.map(\.kind) == ["demand"])
    #expect(keeper.takeRecords().isEmpty)
    for record in records { try store.put(record) }
    let again = DemandKeeper(store, at: DemandSample.noon, &notes)
    #expect(again.history.models["b"] == keeper.history.models["b"])
  }

  @Test func aModelThatIsForgottenGoesFromTheDiskToo() throws {
    let (store, _) = try StateStore.open(StateLocation.none)
    var notes: [String] = []
    var keeper = DemandKeeper(store, at: DemandSample.noon, &notes)
    for number in 0..<DemandHistory.mostModels {
      keeper.add(["m\(number)": UInt64(number + 2)], at: DemandSample.noon)
    }
    _ = keeper.takeRecords()
    keeper.add(["new": 5], at: DemandSample.noon)
    let records = keeper.takeRecords()
    #expect(records.map(\.key) == ["m0", "new"])
    #expect(records.map { $0.value == nil } == [true, false])
  }

  @Test func damagedRecordsGoWithOneNote() throws {
    let (store, _) = try StateStore.open(StateLocation.none)
    let sound = try #require(DemandText.json(DemandSample.peak(days: 3, requests: 60)))
    for (key, value) in [("a", "{}"), ("b", "7"), ("c", String(decoding: sound, as: UTF8.self))] {
      try store.put(StateRecord(kind: "demand", key: key, value: Array(value.utf8)))
    }
    var notes: [String] = []
    var keeper = DemandKeeper(store, at: DemandSample.noon, &notes)
    #expect(Array(keeper.history.models.keys) == ["c"])
    #expect(notes.count == 1 && notes[0].contains("'a' and 1 other model"))
    // They go, so that the next start is silent about them.
    let records = keeper.takeRecords()
    #expect(records.map(\.key) == ["a", "b"] && records.allSatisfy { $0.value == nil })
    for record in records { try store.put(record) }
    let again = DemandKeeper(store, at: DemandSample.noon, &notes)
    #expect(notes.count == 1 && Array(again.history.models.keys) == ["c"])
  }

  @Test func unloadingOnPurposeIsHonoured() {
    func job(_ kind: ModelJob.Kind, _ cause: ModelJob.Cause, _ state: ModelJob.State) -> ModelJob {
      var job = ModelJob(
        id: "op", kind: kind, model: "m", source: "a", cause: cause, state: state, started: 0)
      job.finished = 5_000
      return job
    }
    let jobs = [job(.unload, .command, .completed)]
    #expect(jobs.unloaded(after: 5) == ["a": ["m"]])
    #expect(jobs.unloaded(after: 6).isEmpty)
    #expect([job(.unload, .room, .completed)].unloaded(after: 0).isEmpty)
    #expect([job(.unload, .command, .failed)].unloaded(after: 0).isEmpty)
    #expect([job(.load, .command, .completed)].unloaded(after: 0).isEmpty)
  }
}
