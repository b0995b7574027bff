import Foundation
import Seeded
import Testing

@testable import Conformance
@testable import Drivers

/// Recordings, and what is said about those that are none.
@Suite struct ExchangeParserTests {
  private func parse(_ text: String) throws(ExchangeError) -> [RecordedExchange] {
    try ExchangeParser.parse(Array(text.utf8), name: "r")
  }

  private let whole = """
    # A server of ours.
    operation: survey, chat
    type: ours
    model: m-7b
    stream: yes
    expect: overloaded(2000)
    origin: by hand

    --- body
    {"x":1,"model":"a"}
    --- GET /v1/models
    200
    Content-Type:  application/json

    {"data":[

    ]}
    --- POST /v1/*
    503 broken closed
    --- * *
    0 broken connect

    """

  @Test func everything() throws {
    let found = try parse(whole)
    #expect(found.map(\.name) == ["r.survey", "r.chat"])
    let one = try #require(found.last)
    #expect(one.kind == .chat && one.type == "ours" && one.stream)
    #expect(one.expectation == .outcome("overloaded(2000)"))
    #expect(String(decoding: one.body, as: UTF8.self) == #"{"x":1,"model":"a"}"#)
    #expect(one.operation.modelRange == 15..<18)
    #expect(String(decoding: one.operation.modelJSON, as: UTF8.self) == "\"m-7b\"")
    #expect(one.answers.count == 3)
    let models = one.answers[0].reply
    #expect(models.fields.map(\.value) == ["application/json"])
    #expect(String(decoding: models.body, as: UTF8.self) == "{\"data\":[\n\n]}")
    #expect(one.answers[1].reply.ending == .broken(.closed))
    #expect(one.answers[1].fits("POST", "/v1/chat") && !one.answers[1].fits("GET", "/v1/chat"))
    #expect(one.answers[2].reply.status == 0)
  }

  @Test(arguments: [
    ("type: x\n--- GET /\n200\n", 1, "operation"), ("operation: chat\n", 2, "no answer"),
    ("operation: nothing\n", 1, "nothing"), ("operation: chat\nodd: 1\n", 2, "odd"),
    ("operation: chat\nodd\n", 2, "key: value"), ("operation: chat\nstream: maybe\n", 2, "yes"),
    ("operation: chat\n--- GET\n200\n", 2, "section"),
    ("operation: chat\n--- GET x\n200\n", 2, "section"),
    ("operation: chat\n--- GET /\nfine\n", 3, "status"),
    ("operation: chat\n--- GET /\n200 broken somehow\n", 3, "broken"),
    ("operation: chat\n--- GET /\n0\n", 3, "broken"),
    ("operation: chat\n--- GET /\n200\nno field\n", 4, "field"),
  ]) func faults(_ text: String, _ line: Int, _ word: String) {
    let error = #expect(throws: ExchangeError.self) { try parse(text) }
    #expect(error?.line == line, "\(String(describing: error))")
    #expect(error?.reason.contains(word) == true, "\(String(describing: error))")
  }

  /// Whatever the bytes, there is an answer.
  @Test func damaged() {
    let bytes = Array(whole.utf8)
    for seed in 0..<3_000 {
      var random = SeededRandom(seed: UInt64(seed))
      var text = bytes
      for _ in 0...random.below(6) {
        let place = random.below(text.count)
        switch random.below(3) {
        case 0: text[place] = UInt8(random.below(256))
        case 1: text.removeSubrange(place...)
        default: text.insert(UInt8(random.below(256)), at: place)
        }
        if text.isEmpty { text = [0x0A] }
      }
      _ = try? ExchangeParser.parse(text, name: "r")
    }
  }

  /// All recordings that ship can be read, and every operation has one.
  @Test func shipped() {
    let folder = ExchangeFolder([
      CheckRun.repository.appendingPathComponent("Plugins/Exchanges").path
    ])
    #expect(folder.complaints.isEmpty)
    #expect(folder.exchanges.count >= 60)
    #expect(Set(folder.exchanges.map(\.kind)) == Set(OperationKind.allCases))
  }
}
