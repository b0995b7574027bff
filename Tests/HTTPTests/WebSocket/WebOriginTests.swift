import Testing

@testable import HTTP

/// Which web pages may open a WebSocket.
@Suite struct WebOriginTests {
  @Test(arguments: [
    ("http://127.0.0.1:8000", "127.0.0.1:8000"), ("http://[::1]:8000", "[::1]:8000"),
    ("http://localhost:8000", "localhost:8000"), ("http://LOCALHOST:8000", "LocalHost:8000"),
    ("http://attic", "attic"), ("http://attic", "attic:80"), ("http://attic:80", "attic"),
    ("https://attic.local", "attic.local"), ("https://attic.local", "attic.local:443"),
    ("http://attic.home.arpa:1", "attic.home.arpa:1"), ("http://192.168.1.5", "192.168.1.5"),
    ("http://[fd00::20]", "[fd00::20]"), ("http://nexus.lan:8000", "nexus.lan:8000"),
    ("http://my.nexus.internal", "my.nexus.internal"), ("http://a.localhost", "a.localhost"),
  ])
  func pagesOfTheGatewayMay(_ origin: String, _ host: String) {
    #expect(WebOrigin(origin)?.isSame(as: host) == true)
  }

  @Test(arguments: [
    ("http://evil.example", "127.0.0.1:8000"), ("http://127.0.0.1:8001", "127.0.0.1:8000"),
    ("http://127.0.0.1", "127.0.0.1:8000"), ("http://localhost:8000", "127.0.0.1:8000"),
    ("https://attic", "attic:80"), ("http://attic", "attic:443"), ("http://attic.local", "attic"),
    ("http://attic", ""), ("http://attic", "attic:"), ("http://attic", "attic:99999"),
    ("http://[::1]", "::1"),
    // DNS rebinding: the page's own name has been led to the gateway.
    ("http://evil.example:8000", "evil.example:8000"), ("http://evil.com.", "evil.com."),
    ("http://127.0.0.1.evil.com", "127.0.0.1.evil.com"), ("http://local.evil.io", "local.evil.io"),
    ("http://1.2.3", "1.2.3"),
  ])
  func othersMayNot(_ origin: String, _ host: String) {
    #expect(WebOrigin(origin)?.isSame(as: host) == false)
  }

  @Test(arguments: [
    "", "null", "http:", "http://", "attic", "//attic", "file://", "chrome-extension://abc",
    "http://a b", "http://a/", "http://a/b", "http://user@a", "http://a?x", "http://a#x",
    "http://a:x", "http://a:70000", "http://a:1:2", "http://::1", "http://[::1", "http://é",
    "http://a, http://b", "ftp://a",
  ])
  func whatIsNoOriginIsNone(_ text: String) {
    #expect(WebOrigin(text) == nil)
  }

  @Test func spellingsOfOneOriginAreEqual() {
    #expect(WebOrigin("https://Home.Example:443") == WebOrigin("https://home.example"))
    #expect(WebOrigin("http://home.example") != WebOrigin("https://home.example"))
    #expect(WebOrigin("https://home.example:8443")?.description == "https://home.example:8443")
    #expect(WebOrigin("https://home.example:443")?.description == "https://home.example")
  }
}
