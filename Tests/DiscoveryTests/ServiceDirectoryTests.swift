import Foundation
import Testing

/// Against the real avahi-daemon, where there is one.
@Suite struct ServiceDirectoryTests {
  private static let box = "found\tBox\t_ollama._tcp\tprivate.local\t127.0.0.1"

  @Test func aBusThatIsAbsentIsSaidOnce() throws {
    let listener = try PrivateAvahi.listener(bus: "unix:path=/tmp/nexus-no-such-bus")
    listener.say("figures")
    let before = try listener.line("figures").split(separator: "\t")[1]
    listener.say("listen")
    listener.say("browse", "_ollama._tcp")
    #expect(try listener.line("unavail") == "unavailable\tthe D-Bus system bus does not answer")
    listener.say("announce", "me", "1", "_nexus._tcp")
    // Past the first try again, into the wait for the next one.
    usleep(400_000)
    listener.say("stop")
    listener.say("figures")
    #expect(try listener.line("figures").split(separator: "\t")[1] == before)
    #expect(listener.all("unavailable").count == 1)
    #expect(listener.end() == 0)
  }

  @Test func hearsOfServices() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let listener = try avahi.listen("_ollama._tcp", "not a type", "_x._tcp")
    let box = try avahi.publish("Box", "_ollama._tcp", 11434, "Path=/api", "path=/other", "x")
    #expect(
      try listener.line("found", within: 3) == Self.box + "\t11434\tother\tpath=/api\tx=")
    box.kill()
    #expect(try listener.line("lost") == "lost\tBox\t_ollama._tcp")
    let renamed = try avahi.publish("Büchse · 2", "_ollama._tcp", 11435)
    #expect(try listener.line("found").hasPrefix("found\tBüchse · 2\t_ollama._tcp"))
    listener.say("browse", "_x._tcp")
    #expect(try listener.line("lost") == "lost\tBüchse · 2\t_ollama._tcp")
    listener.say("browse", "_ollama._tcp")
    #expect(try listener.line("found").hasPrefix("found\tBüchse · 2\t_ollama._tcp"))
    renamed.kill()
    _ = try listener.line("lost")
    #expect(listener.all("found").count == 3)
    #expect(listener.all("lost").count == 3)
  }

  @Test func anOutageChangesNothingUntilTheDaemonIsBack() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let listener = try avahi.listen("_ollama._tcp")
    let box = try avahi.publish("Box", "_ollama._tcp", 1)
    _ = try listener.line("found")
    // This one lives through outages, as avahi-publish-service does not.
    let other = try avahi.listen()
    other.say("announce", "Steady", "2", "_ollama._tcp")
    #expect(try listener.line("found").hasPrefix("found\tSteady"))
    try avahi.order("kill")
    #expect(try listener.line("unavailable") == "unavailable\tavahi-daemon has gone")
    #expect(listener.all("lost").isEmpty)
    try avahi.order("start")
    _ = try listener.line("available")
    _ = try listener.line("lost\tBox")
    try avahi.order("kill-bus")
    _ = try listener.line("unavailable")
    try avahi.order("start-bus")
    _ = try listener.line("available")
    let again = try avahi.publish("Again", "_ollama._tcp", 3)
    _ = try listener.line("found\tAgain")
    #expect(listener.all("unavailable").count == 2)
    #expect(listener.all("available").count == 3)
    // It stands again without having been told so.
    #expect(other.all("announced") == ["announced\tSteady"])
    _ = (box, again)
  }

  @Test func announcesItself() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let taken = try avahi.publish("gate", "_nexus._tcp", 1)
    let listener = try avahi.listen("_nexus._tcp", "_llm._tcp")
    _ = try listener.line("found\tgate")
    listener.say("announce", "gate", "8000", "_llm._tcp,_nexus._tcp", "version=1", "api=/v1")
    #expect(try listener.line("announced") == "announced\tgate #2")
    let browser = try SpokenProgram(
      "/usr/bin/env", ["avahi-browse", "-rpt", "_llm._tcp"], bus: avahi.bus)
    // The address, the eighth field, is 127.0.0.1 or ::1: this program takes what comes first.
    var seen = try browser.line("=").split(separator: ";")
    let address = seen.remove(at: 7)
    #expect(["127.0.0.1", "::1"].contains(address))
    let service = "gate\\032\\0352;_llm._tcp;local;private.local;8000"
    #expect(seen.joined(separator: ";") == "=;lo;IPv4;\(service);\"version=1\" \"api=/v1\"")
    let own = "private.local\t127.0.0.1\t8000\town\tapi=/v1\tversion="
    let other = try avahi.listen("_nexus._tcp")
    #expect(try other.line("found\tgate #2").contains("\tother\t"))
    // The record changes in place.
    listener.say("announce", "gate", "8000", "_llm._tcp,_nexus._tcp", "version=2", "api=/v1")
    #expect(try other.line("found\tgate #2").hasSuffix("api=/v1\tversion=2"))
    #expect(other.all("lost").isEmpty)
    #expect(!listener.all("found\tgate #2\t_llm._tcp\t\(own)1").isEmpty)
    listener.say("withdraw")
    #expect(try other.line("lost") == "lost\tgate #2\t_nexus._tcp")
    #expect(listener.all("announced").count == 1)
    _ = taken
  }

  @Test func aDaemonThatDoesNotPublishSaysSo() throws {
    guard let avahi = try PrivateAvahi("--set", "disable-user-service-publishing=yes") else {
      return
    }
    let listener = try avahi.listen()
    listener.say("announce", "gate", "8000", "_nexus._tcp")
    #expect(try listener.line("not announced").contains("disable-user-service-publishing"))
    listener.say("announce", String(repeating: "x", count: 64), "8000", "_nexus._tcp")
    #expect(try listener.line("not announced").contains("1 to 63 bytes"))
  }

  @Test func leaksNothing() throws {
    guard let avahi = try PrivateAvahi() else { return }
    let listener = try PrivateAvahi.listener(bus: avahi.bus)
    func figures() throws -> (descriptors: Int, kilobytes: Int) {
      listener.say("figures")
      let words = try listener.line("figures").split(separator: "\t").compactMap { Int($0) }
      return (words[0], words[1])
    }
    let none = try figures().descriptors
    let boxes = try (1...4).map { try avahi.publish("Box \($0)", "_ollama._tcp", $0) }
    listener.say("listen")
    /// Browses until all are found, and ends that: by an empty set or by a new connection.
    func cycle(_ number: Int) throws {
      listener.say("browse", "_ollama._tcp")
      for _ in boxes { _ = try listener.line("found") }
      guard number % 20 == 0 else { return listener.say("browse") }
      listener.say("stop")
      listener.say("listen")
    }
    for number in 1...60 { try cycle(number) }
    let before = try figures()
    for number in 1...300 { try cycle(number) }
    let after = try figures()
    #expect(after.descriptors == before.descriptors)
    #expect(after.kilobytes - before.kilobytes < 256, "after 300 cycles: \(after.kilobytes) kB")
    listener.say("stop")
    #expect(try figures().descriptors == none)
  }
}
