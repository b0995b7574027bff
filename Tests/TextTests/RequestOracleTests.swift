import Seeded
import Testing

@testable import Text

/// The scan says the same of every request as a slow walk over a tree.
@Suite struct RequestOracleTests {
  private func scan(_ bytes: [UInt8]) -> RequestReading? {
    var outline = RequestOutline()
    do throws(JSONError) {
      try RequestScan.read(bytes.span, into: &outline)
      return RequestReading(outline)
    } catch { return nil }
  }

  @Test(arguments: RequestCorpus.bodies)
  func agree(_ body: String) {
    let bytes = Array(body.utf8)
    let reading = scan(bytes)
    #expect(reading == RequestOracle.read(bytes))
    #expect(reading != nil)
  }

  @Test(arguments: RequestCorpus.bodies)
  func agreeOnEveryCut(_ body: String) {
    let bytes = Array(body.utf8)
    for end in bytes.indices {
      #expect(scan(Array(bytes[..<end])) == nil)
      // A beginning with all that is open closed again may well be valid.
      let closed = Array(bytes[..<end]) + Self.closing(bytes[..<end])
      #expect(scan(closed) == RequestOracle.read(closed))
    }
  }

  @Test func agreeOnCorruptedRequests() {
    for seed in 1...4_000 as ClosedRange<UInt64> {
      var random = SeededRandom(state: seed)
      var bytes = Array((RequestCorpus.bodies.randomElement(using: &random) ?? "").utf8)
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        Self.damage(&bytes, &random)
      }
      #expect(scan(bytes) == RequestOracle.read(bytes), "seed \(seed)")
    }
  }

  /// Neither the order of members nor white space says anything.
  @Test func orderAndSpaceDoNotMatter() throws {
    for seed in 1...300 as ClosedRange<UInt64> {
      var random = SeededRandom(state: seed)
      let body = RequestCorpus.bodies.dropLast(2).randomElement(using: &random) ?? "{}"
      let document = try JSONDocument.parse(Array(body.utf8))
      let mixed = Self.mixed(document, document.root, &random)
      #expect(scan(mixed)?.placeless == scan(Array(body.utf8))?.placeless, "seed \(seed): \(body)")
    }
  }

  private static func closing(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var open: [UInt8] = []
    var inString = false
    var isEscaped = false
    for byte in bytes {
      if isEscaped {
        isEscaped = false
      } else if inString {
        if byte == UInt8(ascii: "\\") { isEscaped = true }
        if byte == UInt8(ascii: "\"") { inString = false }
      } else if byte == UInt8(ascii: "\"") {
        inString = true
      } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        open.append(byte + 2)
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        open.removeLast()
      }
    }
    return (inString ? [UInt8(ascii: "\"")] : []) + open.reversed()
  }

  private static func damage(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    guard let at = bytes.indices.randomElement(using: &random) else { return }
    let marks = Array(#"{}[]",:\0n "#.utf8)
    switch Int.random(in: 0...4, using: &random) {
    case 0: bytes.remove(at: at)
    case 1: bytes[at] = UInt8.random(in: 0...255, using: &random)
    case 2: bytes[at] = marks.randomElement(using: &random) ?? 0
    case 3: bytes.insert(marks.randomElement(using: &random) ?? 0, at: at)
    default:
      let end = min(bytes.count, at + Int.random(in: 1...30, using: &random))
      bytes.insert(contentsOf: Array(bytes[at..<end]), at: at)
    }
  }

  private static func mixed(
    _ document: JSONDocument, _ node: JSONNode, _ random: inout SeededRandom
  ) -> [UInt8] {
    func space(_ random: inout SeededRandom) -> [UInt8] {
      (0..<Int.random(in: 0...2, using: &random)).map { _ in
        [0x20, 0x09, 0x0A, 0x0D].randomElement(using: &random) ?? 0x20
      }
    }
    var parts: [[UInt8]] = []
    switch node.kind {
    case .object:
      var members: [(JSONNode, JSONNode)] = []
      document.forEachMember(node) { members.append(($0, $1)) }
      for (key, value) in members.shuffled(using: &random) {
        parts.append(
          space(&random) + document.raw(key) + space(&random) + [UInt8(ascii: ":")]
            + space(&random) + mixed(document, value, &random) + space(&random))
      }
    case .array:
      var elements: [JSONNode] = []
      document.forEachElement(node) { elements.append($0) }
      for element in elements {
        parts.append(space(&random) + mixed(document, element, &random) + space(&random))
      }
    default: return document.raw(node)
    }
    let open = node.kind == .object ? UInt8(ascii: "{") : UInt8(ascii: "[")
    return [open] + Array(parts.joined(separator: [UInt8(ascii: ",")])) + [open + 2]
  }
}
