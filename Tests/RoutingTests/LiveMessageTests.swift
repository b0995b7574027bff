import Config
import Control
import Drivers
import Fleet
import Foundation
import Testing

@testable import Gateway

/// What watchers are told from one snapshot to the next.
@Suite struct LiveMessageTests {
  private typealias Object = [String: Any]

  private let renderings = LiveRenderings()

  private struct Message {
    let type: String
    let data: Any
    let size: Int

    var object: Object { data as? Object ?? [:] }
  }

  private func snapshot(
    _ number: Int, _ fleet: FleetSnapshot, history: [HistoryEntry] = [], version: Int? = nil,
    requests: [LiveSnapshot.LiveRequest] = [], jobs: [ModelJob] = [], uptime: Int = 1
  ) -> LiveSnapshot {
    LiveSnapshot(
      number: UInt64(number), unixMilliseconds: Int64(1_000 * number), uptimeSeconds: uptime,
      version: "1", view: GatewayView(fleet: fleet, rules: GatewayRules(Settings())),
      totals: .init(), queue: .init(), budget: nil,
      backends: fleet.members.map { _ in .init() }, requests: requests,
      requestsUnderWay: requests.count, series: [], history: history,
      historyVersion: version ?? history.count, jobs: jobs,
      advice: AdviceReport(isEnabled: false, generated: 0), renderings: renderings)
  }

  private func fleet(_ backends: Int, models: Int, version: UInt64 = 1) -> FleetSnapshot {
    FleetSnapshot(
      version: version,
      members: (0..<backends).map { backend in
        FleetFixture.member(
          "box-\(backend)",
          models: (0..<models).map { FleetFixture.model("family/model-\($0):latest") })
      })
  }

  private func entries(_ numbers: Range<Int>, worker: Int = 0) -> [HistoryEntry] {
    numbers.reversed().map { number in
      let record = RequestRecord()
      record.begin(at: 0)
      record.end(at: UInt64(number))
      var entry = HistoryEntry(record, id: Array("r\(number)".utf8), unixSeconds: 0)
      entry.place = .init(moment: UInt64(number), worker: worker)
      return entry
    }
  }

  /// Undoes the framing (RFC 6455 §5.2).
  private func read(_ messages: WatchedMessages?) throws -> [Message] {
    var bytes = (messages?.frames ?? [])[...]
    var found: [Message] = []
    while let opcode = bytes.popFirst(), let short = bytes.popFirst() {
      #expect(opcode == 0x81)
      var size = Int(short)
      let more = size == 126 ? 2 : size == 127 ? 8 : 0
      if more > 0 { size = bytes.prefix(more).reduce(0) { $0 << 8 | Int($1) } }
      bytes = bytes.dropFirst(more)
      let object =
        try JSONSerialization.jsonObject(with: Data(bytes.prefix(size))) as? Object ?? [:]
      bytes = bytes.dropFirst(size)
      let type = try #require(object["update_type"] as? String)
      found.append(Message(type: type, data: try #require(object["data"]), size: size))
    }
    return found
  }

  private func counts(_ messages: [Message]) -> [String: Int] {
    messages.reduce(into: [:]) { $0[$1.type, default: 0] += 1 }
  }

  private func ids(_ messages: [Message]) -> [String] {
    messages.filter { $0.type == "RequestComplete" }
      .compactMap { $0.object["request_id"] as? String }
  }

  @Test func whoJoinsIsToldEverythingAndThenWhatChanges() throws {
    let fleet = fleet(2, models: 2)
    var script = MessageScript()
    #expect(try read(script.changes(to: snapshot(1, fleet, history: entries(0..<3)))).isEmpty)
    let all = try read(script.everything)
    #expect(
      counts(all) == [
        "BackendStatus": 1, "ModelChange": 2, "LiveRequests": 1, "Summary": 1,
        "RequestComplete": 3,
      ])
    #expect(ids(all) == ["r0", "r1", "r2"])
    let backends = all.first { $0.type == "BackendStatus" }?.data as? [Object] ?? []
    #expect(backends.map { $0["name"] as? String } == ["box-0", "box-1"])
    let names = [
      "id", "name", "url", "backend_type", "status", "last_health_check", "last_error", "models",
      "priority", "pending_requests", "total_requests", "avg_latency_ms", "discovery_source",
      "current_operation", "privacy_zone", "tier", "circuit",
    ]
    for name in names { #expect(backends.first?[name] != nil, "\(name)") }
    #expect(backends.first?["status"] as? String == "Healthy")
    let model = (backends.first?["models"] as? [Object])?.first
    #expect(model?["supports_tools"] as? Bool == false)
    // Time alone is no change.
    let next = snapshot(2, fleet, history: entries(0..<3), uptime: 9)
    #expect(try read(script.changes(to: next)).isEmpty)
    #expect(try read(script.changes(to: next)).isEmpty)
  }

  @Test func endedRequestsAreToldOnce() throws {
    let fleet = fleet(1, models: 1)
    var script = MessageScript()
    _ = script.changes(to: snapshot(1, fleet, history: entries(0..<3)))
    let two = try read(script.changes(to: snapshot(2, fleet, history: entries(0..<5))))
    #expect(ids(two) == ["r3", "r4"])
    // One of another worker that ended earlier but was noted later.
    let late = entries(10..<11) + entries(4..<5, worker: 1) + entries(0..<5)
    #expect(
      ids(try read(script.changes(to: snapshot(3, fleet, history: late, version: 7))))
        == ["r4", "r10"])
    let many = try read(
      script.changes(to: snapshot(4, fleet, history: entries(11..<111), version: 307)))
    #expect(ids(many) == (61..<111).map { "r\($0)" })
    let summary = many.last { $0.type == "Summary" }
    #expect(summary?.object["requests_left_out"] as? Int == 250)
    let after = try read(
      script.changes(to: snapshot(5, fleet, history: entries(11..<111), version: 307)))
    #expect(after.map(\.type) == ["Summary"])
    #expect(after.first?.object["requests_left_out"] as? Int == 0)
  }

  @Test func jobsAndRequestsAreToldAsTheyChange() throws {
    let fleet = fleet(1, models: 1)
    var job = ModelJob(id: "op-1", kind: .load, model: "m", target: "box-0", started: 0)
    var script = MessageScript()
    _ = script.changes(to: snapshot(1, fleet, jobs: [job]))
    #expect(counts(try read(script.everything))["Job"] == 1)
    #expect(try read(script.changes(to: snapshot(2, fleet, jobs: [job]))).isEmpty)
    job.state = .inProgress
    let begun = try read(script.changes(to: snapshot(3, fleet, jobs: [job])))
    #expect(begun.map(\.type) == ["BackendStatus", "Job"] || begun.map(\.type) == ["Job"])
    #expect(begun.last?.object["status"] as? String == "in_progress")
    let request = LiveSnapshot.LiveRequest(
      id: KeptID(Array("q".utf8)), endpoint: "chat",
      model: Array("</script>\u{2028}\"\u{7}".utf8) + [0xFF], backend: nil, phase: .queued, age: 5,
      isStream: true, retries: 0)
    let live = try read(
      script.changes(to: snapshot(4, fleet, requests: [request], jobs: [job])))
    #expect(counts(live) == ["LiveRequests": 1, "Summary": 1])
    let told = (live.first?.object["requests"] as? [Object])?.first
    #expect(told?["model"] as? String == "</script>\u{2028}\"\u{7}\u{FFFD}")
    #expect(told?["phase"] as? String == "queued")
  }

  @Test func backendsThatGoHaveNoModels() throws {
    var script = MessageScript()
    _ = script.changes(to: snapshot(1, fleet(2, models: 2)))
    let one = FleetSnapshot(
      version: 2, members: [FleetFixture.member("box-0", .down, models: [])])
    let gone = try read(script.changes(to: snapshot(2, one)))
    let changes = gone.filter { $0.type == "ModelChange" }
    #expect(changes.map { $0.object["backend_id"] as? String } == ["box-0", "box-1"])
    #expect(changes.allSatisfy { ($0.object["models"] as? [Any])?.isEmpty == true })
  }

  @Test(arguments: [(3, 900), (100, 1_000), (1, 20_000)])
  func noMessageIsTooLong(backends: Int, models: Int) throws {
    let fleet = fleet(backends, models: models)
    var script = MessageScript()
    let first = snapshot(1, fleet)
    _ = script.changes(to: first)
    _ = script.changes(to: snapshot(2, fleet))
    let all = try read(script.everything)
    #expect(all.allSatisfy { $0.size <= MessageScript.longest })
    let told = all.filter { $0.type == "BackendStatus" }.flatMap { $0.data as? [Object] ?? [] }
    #expect(told.count == backends)
    #expect(told.allSatisfy { $0["model_count"] as? Int == models })
    #expect(counts(all)["ModelChange"] == backends)
    let changes = all.filter { $0.type == "ModelChange" }.map(\.object)
    for change in changes {
      let listed = (change["models"] as? [Any])?.count ?? 0
      #expect(listed + (change["models_left_out"] as? Int ?? 0) == models)
    }
  }
}
