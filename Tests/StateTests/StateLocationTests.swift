import Foundation
import Testing

@testable import Control

@Suite struct StateLocationTests {
  private func resolve(_ explicit: String?, _ environment: [String: String]) -> StateLocation {
    StateLocation.resolve(explicit: explicit) { environment[$0] }
  }

  @Test func takesTheFirstThatIsSet() {
    var environment = [
      "STATE_DIRECTORY": "/var/lib/nexus:/var/lib/other", "XDG_STATE_HOME": "/xdg",
      "HOME": "/home/user",
    ]
    #expect(resolve("/asked", environment) == .directory("/asked", isExplicit: true))
    #expect(resolve("", environment) == .directory("/var/lib/nexus", isExplicit: true))
    environment["STATE_DIRECTORY"] = ""
    #expect(resolve(nil, environment) == .directory("/xdg/nexus", isExplicit: false))
    environment["XDG_STATE_HOME"] = "relative"
    let home = StateLocation.directory("/home/user/.local/state/nexus", isExplicit: false)
    #expect(resolve(nil, environment) == home)
    environment["HOME"] = nil
    #expect(resolve(nil, environment) == .none)
  }

  @Test func remembersInMemoryWithoutAPlace() throws {
    let (store, report) = try StateStore.open(.none)
    #expect(report.notes.count == 1)
    #expect(store.path == nil)
    try store.put(record("gpu1", "{}"))
    #expect(store.records == [record("gpu1", "{}")])
    store.close()
  }

  /// Opens an unusable directory that was asked for, and gives the message.
  private func refusal(_ path: String) throws -> String {
    let error = try #require(throws: StateError.self) {
      try StateStore.open(.directory(path, isExplicit: true)).store.close()
    }
    // One that was not asked for is no reason to fail.
    let (store, report) = try StateStore.open(.directory(path, isExplicit: false))
    try store.put(record("gpu1", "{}"))
    #expect(store.path == nil && store.records.count == 1)
    #expect(report.notes.first?.contains(error.description) == true)
    store.close()
    return error.description
  }

  @Test func refusesWhatIsNoDirectory() throws {
    let place = try TestDirectory()
    try place.write([], "file")
    #expect(try refusal("\(place.state)/file").contains("not a directory"))
    #expect(try refusal("\(place.state)/file/below").contains("not a directory"))
    #expect(place.names == ["file"])
  }

  @Test func refusesADirectoryThatEverybodyMayWriteTo() throws {
    let place = try TestDirectory()
    mkdir(place.state, 0o700)
    chmod(place.state, 0o777)
    #expect(try refusal(place.state).contains("chmod o-w"))
    #expect(place.names == [])
    chmod(place.state, 0o770)
    try place.open { store, _ in try store.put(record("gpu1", "{}")) }
  }

  @Test func saysWhereItMayNotWrite() throws {
    // Root may write anywhere but where nobody can, and learns that when it tries.
    guard geteuid() != 0 else {
      let (store, _) = try StateStore.open(.directory("/proc/nexus/state", isExplicit: true))
      let error = try #require(throws: StateError.self) { try store.put(record("gpu1", "{}")) }
      #expect(error.description.contains("no state can be kept in '/proc/nexus/state'"))
      #expect(store.records.isEmpty)
      return store.close()
    }
    let place = try TestDirectory()
    mkdir(place.state, 0o500)
    #expect(try refusal(place.state).contains("the right to write there"))
    #expect(try refusal("\(place.state)/below").contains("the right to write there"))
  }

  @Test func isHeldByOneGateway() throws {
    let place = try TestDirectory()
    try place.open { store, _ in
      try store.put(record("gpu1", "{}"))
      let message = try refusal(place.state)
      #expect(message.contains("in use by another gateway, process \(getpid())"))
    }
    try place.open { store, _ in #expect(store.records.count == 1) }
  }

  @Test func isNotTakenFromTheOneWhoCameFirst() throws {
    let place = try TestDirectory()
    let (early, _) = try StateStore.open(place.location)
    let (late, _) = try StateStore.open(place.location)
    try late.put(record("late", "1"))
    let message = try #require(throws: StateError.self) { try early.put(record("early", "1")) }
    #expect(message == .held(path: place.state, pid: getpid()))
    #expect(early.records.isEmpty)
    late.close()
    // What the other one has left is not overwritten.
    try early.put(record("early", "2"))
    #expect(early.records == [record("late", "1"), record("early", "2")])
    early.close()
    try place.open { store, _ in #expect(store.records.count == 2) }
  }

  @Test func followsNoLinkInsideTheDirectory() throws {
    let place = try TestDirectory()
    try place.write(Array("precious".utf8), "elsewhere")
    for name in ["lock", "journal.new"] {
      #expect(symlink("\(place.state)/elsewhere", "\(place.state)/\(name)") == 0)
    }
    #expect(try refusal(place.state).contains("lock"))
    unlink("\(place.state)/lock")
    try place.open { store, _ in try store.put(record("gpu1", "{}")) }
    #expect(try place.read("elsewhere") == Array("precious".utf8))
  }
}
