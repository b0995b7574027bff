import Foundation
import Testing

/// Clients that ask without a pause, half of the time for a stream, until they are told to stop.
final class SteadyLoad: Sendable {
  private static let clients = 4
  let requests = Counter()
  let streams = Counter()
  private let failures = Counter()
  private let stop = Counter()
  private let port: UInt16

  init(port: UInt16) { self.port = port }

  var failed: Int { failures.value }

  private static let whole = LoadClient.post(
    "/v1/chat/completions", #"{"model":"m","messages":[{"role":"user","content":"Hello"}]}"#)
  private static let stream = LoadClient.post(
    "/v1/chat/completions",
    #"{"model":"m","stream":true,"messages":[{"role":"user","content":"Hello"}]}"#)

  func run(_ body: () throws -> Void) throws {
    let workers = (0..<Self.clients).map { _ in Worker { self.ask() } }
    defer {
      stop.add(1)
      for worker in workers { worker.join() }
    }
    try body()
  }

  private func ask() {
    do {
      let client = try LoadClient(port: port)
      defer { client.close() }
      var isStream = false
      while stop.value == 0 {
        let answer = try client.exchange(isStream ? Self.stream : Self.whole)
        let isRight =
          answer.status == 200
          && answer.text.contains(isStream ? "data: [DONE]" : #""finish_reason":"#)
          && !answer.text.contains(#""error""#)
        guard isRight else { throw CaseFailure("\(answer.head)\n\(answer.text)") }
        (isStream ? streams : requests).add(1)
        isStream.toggle()
      }
    } catch {
      failures.add(1)
      Issue.record("\(error)")
    }
  }

  /// Waits for that many more requests of each kind.
  func pass(_ count: Int) throws {
    let (before, streamsBefore) = (requests.value, streams.value)
    let came = ProcessFigures.wait(seconds: 30) {
      failed > 0 || requests.value >= before + count && streams.value >= streamsBefore + count
    }
    guard came, failed == 0 else { throw CaseFailure("the load came to a stop") }
  }
}
