import NexusPluginABI
import Testing

@testable import Drivers

/// What the host's side of the sink accepts, and what it calls a bug.
struct SinkTests {
  let sink = DriverSink()
  var call: nexus_sink { sink.table.pointee }
  var host: UnsafeMutableRawPointer? { sink.table.pointee.host }

  private func describe() { call.request(host, slice("POST"), slice("/a?b=c")) }

  @Test func describesARequest() {
    sink.reset(clientBodySize: 4)
    describe()
    call.header(host, slice("X-Y"), slice("1\t2"))
    call.body(host, slice("ab"))
    call.body(host, slice("cd"))
    call.body_part(host, 1, 3)
    #expect(sink.bug == nil)
    #expect(sink.request.value(of: "x-y") == Array("1\t2".utf8))
    #expect(sink.request.parts == [.literal(0..<4), .client(offset: 1, length: 3)])
    #expect(
      sink.request.assembledBody(clientBody: [1, 2, 3, 4]) == Array("abcd".utf8) + [2, 3, 4])
  }

  @Test(arguments: [
    ("", "/"), ("GET ", "/"), ("GET", ""), ("GET", "a"), ("GET", "/a b"), ("GET", "/a\r\nX: 1"),
    ("GET", "/é"), ("GET", "/#f"), ("G\nT", "/"), ("ABCDEFGHIJKLMNOPQ", "/"),
  ])
  func refusesARequestLine(method: String, path: String) {
    sink.reset(clientBodySize: 0)
    withSlices(method, path) { call.request(host, $0, $1) }
    #expect(sink.bug != nil)
    #expect(!sink.request.isDescribed)
  }

  @Test(arguments: [
    ("", "v"), ("a b", "v"), ("a:", "v"), ("a", "x\r\ny: z"), ("a", "x\u{0}"), ("a", "\u{7F}"),
    ("Host", "x"), ("CONTENT-length", "1"), ("Transfer-Encoding", "x"), ("connection", "close"),
    ("Upgrade", "h2c"), ("TE", "trailers"), ("Expect", "100-continue"), ("Trailer", "x"),
  ])
  func refusesAField(name: String, value: String) {
    sink.reset(clientBodySize: 0)
    describe()
    withSlices(name, value) { call.header(host, $0, $1) }
    #expect(sink.bug != nil)
    #expect(sink.request.fields.isEmpty)
  }

  @Test func refusesPartsOutsideTheClientBody() {
    let wrong: [(UInt64, UInt64)] = [
      (0, 11), (11, 0), (10, 1), (5, 6), (.max, 1), (1, .max), (.max, .max),
    ]
    for (offset, length) in wrong {
      sink.reset(clientBodySize: 10)
      describe()
      call.body_part(host, offset, length)
      #expect(sink.bug != nil, "\(offset) \(length)")
    }
    sink.reset(clientBodySize: 10)
    describe()
    call.body_part(host, 10, 0)
    call.body_part(host, 0, 10)
    #expect(sink.bug == nil)
  }

  @Test func limitsAreKept() {
    sink.reset(clientBodySize: 1 << 20)
    describe()
    for _ in 0..<64 { call.header(host, slice("a"), slice("b")) }
    #expect(sink.bug == nil)
    call.header(host, slice("a"), slice("b"))
    #expect(sink.bug != nil)

    sink.reset(clientBodySize: 1 << 20)
    describe()
    for _ in 0..<64 { call.body_part(host, 0, 1 << 20) }
    #expect(sink.bug == nil)
    call.body_part(host, 0, 1)
    #expect(sink.bug != nil)

    sink.reset(clientBodySize: 1 << 20)
    describe()
    for _ in 0..<65_536 { call.body_part(host, 0, 1) }
    #expect(sink.bug == nil)
    call.body_part(host, 0, 1)
    #expect(sink.bug != nil)
  }

  @Test func orderIsKept() {
    sink.reset(clientBodySize: 0)
    call.header(host, slice("a"), slice("b"))
    #expect(sink.bug != nil)
    sink.reset(clientBodySize: 0)
    call.emit(host, slice("x"))
    #expect(sink.bug != nil)
    sink.reset(clientBodySize: 0)
    call.answer(host, 200, slice("text/plain"))
    call.emit(host, slice("x"))
    #expect(sink.bug == nil)
    #expect(sink.answer == Array("x".utf8))
    call.answer(host, 200, slice("text/plain"))
    #expect(sink.bug != nil)
    sink.reset(clientBodySize: 0)
    call.answer(host, 99, slice("text/plain"))
    #expect(sink.bug != nil)
  }

  @Test func malformedSlicesAreBugsAndNotCrashes() {
    let broken = nexus_slice(data: nil, size: 5)
    let checks: [(nexus_sink, UnsafeMutableRawPointer?) -> Void] = [
      { $0.request($1, broken, slice("/")) }, { $0.request($1, slice("GET"), broken) },
      { $0.fail($1, 1, broken, 0) }, { $0.answer($1, 200, broken) },
      { $0.fail($1, 0, slice("x"), 0) }, { $0.fail($1, 12, slice("x"), 0) },
      { $0.report($1, NEXUS_REPORT_MODEL, nil) },
    ]
    for check in checks {
      sink.reset(clientBodySize: 0)
      check(call, host)
      #expect(sink.bug != nil)
    }
  }

  @Test func messagesAreCutAtACharacter() {
    let long = String(repeating: "é", count: 600)
    sink.reset(clientBodySize: 0)
    withSlices(long, "x" + long) {
      call.fail(host, NEXUS_FAIL_BAD_REQUEST, $0, 0)
      #expect(sink.failure?.message == String(repeating: "é", count: 512))
      call.fail(host, NEXUS_FAIL_BAD_REQUEST, $1, 0)
      #expect(sink.failure?.message == "x" + String(repeating: "é", count: 511))
    }
  }
}

/// Reports: what an older or newer driver writes is read as far as both know it.
struct ReportTests {
  let sink = DriverSink()

  private func report(_ kind: UInt32, _ record: UnsafeRawPointer?) {
    sink.table.pointee.report(sink.table.pointee.host, kind, record)
  }

  /// A driver of version 1.0 knows no memory, and what stands behind its record is not read.
  @Test func readsTheHealthOfAnOlderDriver() {
    sink.reset(clientBodySize: 0)
    var health = nexus_health()
    health.state = UInt32(NEXUS_HEALTH_READY)
    health.memory_total = 8
    health.memory_free = 4
    health.size = 40
    report(UInt32(NEXUS_REPORT_HEALTH), &health)
    #expect(sink.reports.health == ServerHealth(state: .ready))
    health.size = UInt32(MemoryLayout<nexus_health>.size)
    report(UInt32(NEXUS_REPORT_HEALTH), &health)
    #expect(sink.reports.health?.memoryTotal == 8 && sink.reports.health?.memoryFree == 4)
    #expect(sink.bug == nil)
  }

  @Test func readsOnlyWhatTheWriterKnew() {
    sink.reset(clientBodySize: 0)
    var model = nexus_model()
    model.id = slice("m")
    model.alias = slice("other")
    model.context_tokens = 4096
    model.slots = 3
    // A writer that knew everything up to `id`.
    model.size = 80
    report(NEXUS_REPORT_MODEL, &model)
    #expect(sink.bug == nil)
    #expect(sink.reports.models.first?.id == "m")
    #expect(sink.reports.models.first?.alias == "")
    #expect(sink.reports.models.first?.contextTokens == 4096)
    // One that is newer than this host.
    model.size = 4_000
    withUnsafeTemporaryAllocation(byteCount: 4_000, alignment: 8) { room in
      room.initializeMemory(as: UInt8.self, repeating: 0xFF)
      withUnsafeBytes(of: &model) { room.copyMemory(from: $0) }
      report(NEXUS_REPORT_MODEL, room.baseAddress)
    }
    #expect(sink.reports.models.last?.alias == "other")
  }

  @Test func malformedRecordsAreBugs() {
    for size in [0, 1, 3] as [UInt32] {
      sink.reset(clientBodySize: 0)
      var model = nexus_model()
      model.size = size
      report(NEXUS_REPORT_MODEL, &model)
      #expect(sink.bug != nil)
    }
    sink.reset(clientBodySize: 0)
    var identity = nexus_identity()
    identity.size = UInt32(MemoryLayout<nexus_identity>.size)
    identity.backend_type = slice("x")
    identity.certainty = 101
    report(NEXUS_REPORT_IDENTITY, &identity)
    #expect(sink.bug != nil)
  }

  @Test func unknownKindsAreIgnored() {
    sink.reset(clientBodySize: 0)
    report(4_711, nil)
    #expect(sink.bug == nil)
  }

  @Test func modelsAreCounted() {
    sink.reset(clientBodySize: 0)
    var model = nexus_model()
    model.size = UInt32(MemoryLayout<nexus_model>.size)
    model.id = slice("m")
    for _ in 0..<4_096 { report(NEXUS_REPORT_MODEL, &model) }
    #expect(sink.bug == nil)
    report(NEXUS_REPORT_MODEL, &model)
    #expect(sink.bug != nil)
  }
}

/// Lends two texts as slices for the length of a call.
func withSlices(_ first: String, _ second: String, _ body: (nexus_slice, nexus_slice) -> Void) {
  let first = Array(first.utf8)
  let second = Array(second.utf8)
  first.withUnsafeBufferPointer { first in
    second.withUnsafeBufferPointer { second in
      body(
        nexus_slice(data: first.baseAddress, size: UInt64(first.count)),
        nexus_slice(data: second.baseAddress, size: UInt64(second.count)))
    }
  }
}
