import Drivers
import Text

/// A sequence of numbers that depends on its seed alone.
struct SeededNumbers {
  private var state: UInt64

  init(seed: UInt64) { state = seed &* SplitMix.step &+ 1 }

  /// A number from 0 to `bound` - 1.
  mutating func below(_ bound: Int) -> Int { Int(SplitMix.next(&state) % UInt64(max(bound, 1))) }

  mutating func pick<Element>(_ choices: [Element]) -> Element? {
    choices.isEmpty ? nil : choices[below(choices.count)]
  }
}

/// Damages replies in ways that depend on a seed alone.
enum Damage {
  private static let marks = Array("{}[]\",:\\\n".utf8)
  private static let alphabet = Array(
    #"{}[]":,\ntruefalsnul0123456789.eE+- data:error"usage""#.utf8)

  /// Changes, loses, repeats and adds bytes; seldom the status and the ending as well.
  static func damage(_ reply: inout RecordedExchange.Reply, _ numbers: inout SeededNumbers) {
    if numbers.below(8) == 0 {
      reply.status = numbers.pick([200, 400, 404, 500, 503]) ?? reply.status
    }
    if numbers.below(10) == 0 { reply.ending = .broken(.closed) }
    for _ in 0...numbers.below(5) where !reply.body.isEmpty {
      let place = numbers.below(reply.body.count)
      switch numbers.below(7) {
      case 0: reply.body[place] = UInt8(numbers.below(256))
      case 1: reply.body[place] ^= 1 << UInt8(numbers.below(8))
      case 2: reply.body.remove(at: place)
      case 3: reply.body.insert(numbers.pick(marks) ?? 0, at: place)
      case 4: reply.body.removeSubrange(place...)
      case 5: repeatLine(&reply.body, at: place)
      default:
        let end = min(place + numbers.below(80), reply.body.count)
        reply.body.insert(contentsOf: reply.body[place..<end], at: numbers.below(place + 1))
      }
    }
  }

  private static func repeatLine(_ body: inout [UInt8], at place: Int) {
    let start = body[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
    let end = body[place...].firstIndex(of: 0x0A).map { $0 + 1 } ?? body.count
    body.insert(contentsOf: body[start..<min(end, start + 4096)], at: start)
  }

  /// Bytes of every kind where text is expected; the seeds that divide by four bring nothing else.
  static func noise(_ seed: UInt64, _ numbers: inout SeededNumbers) -> [UInt8] {
    (0..<numbers.below(600)).map { _ in
      let isText = seed % 4 != 0 && numbers.below(8) != 0
      return isText ? alphabet[numbers.below(alphabet.count)] : UInt8(numbers.below(256))
    }
  }
}
