import Glibc
import Testing
import Text

/// Large and deep texts: time in proportion to size, and no end of the stack.
@Suite struct TOMLSizeTests {
  /// A text of `count` lines or elements.
  struct Shape: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let text: @Sendable (_ count: Int) -> String

    init(_ name: String, _ text: @escaping @Sendable (_ count: Int) -> String) {
      testDescription = name
      self.text = text
    }

    static func lines(_ name: String, _ line: @escaping @Sendable (Int) -> String) -> Shape {
      Shape(name) { count in (0..<count).map { line($0) + "\n" }.joined() }
    }
  }

  static let valid: [Shape] = [
    .lines("keys") { "key-\($0) = \($0)" },
    .lines("dotted keys of one table") { "a.b.key-\($0) = 1" },
    .lines("dotted keys of many tables") { "a.t\($0).b = 1" },
    .lines("tables") { "[table-\($0)]" },
    .lines("inner tables of one table") { "[a.b.table-\($0)]" },
    .lines("a list of tables") { _ in "[[list]]" },
    .lines("an inner list of tables") { _ in "[[a.b.list]]" },
    .lines("comments") { "# \($0)" },
    Shape("one list on many lines") { count in
      "list = [\n" + String(repeating: "1,\n", count: count) + "]"
    },
    Shape("one list on one line") { count in
      "list = [" + String(repeating: "1,", count: count) + "]"
    },
    Shape("one inline table") { count in
      "table = {" + (0..<count).map { "k\($0)=1" }.joined(separator: ",") + "}"
    },
    Shape("one string of many lines") { count in
      "text = \"\"\"" + String(repeating: "\\n\\\n", count: count) + "\"\"\""
    },
  ]

  static let invalid: [Shape] = [
    .lines("the same key") { _ in "key = 1" },
    .lines("no value") { _ in "key =" },
    .lines("open lists") { _ in "[" },
    .lines("open strings of many lines") { $0 % 2 == 0 ? "a = '''" : "b = \"\"\"" },
    Shape("faults on one line") { count in
      "table = {" + String(repeating: "a b, ", count: count) + "}"
    },
    Shape("faults in one list") { count in
      "list = [" + String(repeating: "x y, ", count: count) + "]"
    },
    Shape("bytes that are no text") { count in String(repeating: "\u{1}", count: count) },
  ]

  @Test(arguments: valid + invalid)
  func takesTimeInProportion(_ shape: Shape) throws {
    let small = Array(shape.text(20_000).utf8)
    let large = Array(shape.text(100_000).utf8)
    let brief = processorTime { _ = TOMLDocument.parse(small) }
    let long = processorTime { _ = TOMLDocument.parse(large) }
    // Five times as long; twenty-five times as long if it took the square.
    #expect(long < max(brief, 0.002) * 12, "\(brief) s, then \(long) s")
  }

  @Test(arguments: valid)
  func readsAllOfIt(_ shape: Shape) {
    let document = TOMLDocument.parse(Array(shape.text(1_000).utf8))
    #expect(document.faults.isEmpty)
  }

  @Test(arguments: invalid)
  func toldFaultsAreLimited(_ shape: Shape) {
    let document = TOMLDocument.parse(Array(shape.text(1_000).utf8))
    #expect((1...TOMLDocument.faultLimit).contains(document.faults.count))
  }

  static let nests: [(name: String, text: @Sendable (_ depth: Int) -> String)] = [
    ("lists", { "a = " + String(repeating: "[", count: $0) + String(repeating: "]", count: $0) }),
    ("open lists", { "a = " + String(repeating: "[", count: $0) }),
    (
      "inline tables",
      { String(repeating: "a = {", count: $0) + "b = 1" + String(repeating: "}", count: $0) }
    ),
    ("dotted keys", { String(repeating: "a.", count: $0) + "a = 1" }),
    ("headers", { "[" + String(repeating: "a.", count: $0) + "a]" }),
    ("lists of tables", { "[[" + String(repeating: "a.", count: $0) + "a]]" }),
    (
      "all together",
      { depth in
        let part = String(repeating: "a.", count: depth / 20) + "a"
        let open = String(repeating: "[{\(part) = ", count: 20)
        return "[h]\n\(part) = \(open)1\(String(repeating: "}]", count: 20))"
      }
    ),
  ]

  @Test func nestingIsLimited() {
    for (name, text) in Self.nests {
      for depth in [129, 1_000, 100_000] {
        let document = TOMLDocument.parse(Array(text(depth).utf8))
        let told = document.faults.contains { $0.message.contains("deeper than 128 levels") }
        #expect(told, "\(name), \(depth) deep")
        #expect(document.faults.count == 1, "\(name), \(depth) deep")
      }
    }
  }

  @Test func nestingToTheLimitIsRead() {
    for (name, text) in Self.nests where name != "open lists" && name != "all together" {
      let document = TOMLDocument.parse(Array(text(126).utf8))
      #expect(document.faults.isEmpty, "\(name)")
      #expect(document.root["a"] != nil, "\(name)")
    }
  }

  /// Seconds of this thread on a processor: other work on the machine does not count.
  private func processorTime(_ work: () -> Void) -> Double {
    let start = threadTime()
    work()
    return threadTime() - start
  }

  private func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
