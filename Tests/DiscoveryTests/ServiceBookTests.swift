import Testing

@testable import Net

@Suite struct ServiceBookTests {
  private static func service(_ name: String, port: UInt16 = 1) -> ResolvedService {
    ResolvedService(
      instance: ServiceInstance(
        interface: 1, isIPv6: false, name: name, type: "_a._tcp", domain: "local"),
      host: "h.local", address: "127.0.0.1", port: port)
  }

  @Test func tellsChangesOnly() {
    var book = ServiceBook()
    let first = Self.service("x")
    #expect(book.lost(first.instance) == nil)
    #expect(book.found(first) == .found(first))
    #expect(book.found(first) == nil)
    let moved = Self.service("x", port: 2)
    #expect(book.found(moved) == .found(moved))
    #expect(book.instances(of: "_a._tcp") == [first.instance])
    #expect(book.instances(of: "_b._tcp").isEmpty)
    #expect(book.lost(first.instance) == .lost(first.instance))
    #expect(book.lost(first.instance) == nil)
  }

  @Test func readsTextAsTheStandardSays() {
    let strings = [
      "Path=/v1", "PATH=other", "flag", "=nothing", "empty=", "a=b=c", "", "k\u{7f}=1", "é=1",
    ].map { Array($0.utf8) }
    let pairs = ServiceText.pairs(strings + [Array("bad=".utf8) + [0xff, 0x41]])
    #expect(
      pairs == ["path": "/v1", "flag": "", "empty": "", "a": "b=c", "bad": "\u{fffd}A"])
    let many = (0..<1_000).map { Array("k\($0)=".utf8) }
    #expect(ServiceText.pairs(many).count == 128)
  }

  @Test func writesTextThatFits() {
    let long = String(repeating: "x", count: 254)
    let strings = ServiceText.strings([("a", "1"), ("", "2"), ("b", long), ("c", "")])
    #expect(strings == [Array("a=1".utf8), Array("c=".utf8)])
  }

  @Test func waitsLongerEachTime() {
    var delay = ReconnectDelay()
    #expect(
      (0..<9).map { _ in delay.next() }
        == [200, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000])
    delay.reset()
    #expect(delay.next() == 200)
  }
}
