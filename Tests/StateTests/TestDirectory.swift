import Foundation

@testable import Control

/// A directory of one test, removed with the object.
final class TestDirectory: Sendable {
  let path: String

  /// In memory where possible, unless a disk is asked for: thousands of syncs take minutes there.
  init(onDisk: Bool = false) throws {
    let memory = "/dev/shm"
    let isInMemory = !onDisk && FileManager.default.isWritableFile(atPath: memory)
    let folder = isInMemory ? memory : FileManager.default.temporaryDirectory.path
    let pattern = folder + "/nexus-state-XXXXXX"
    var name = Array(pattern.utf8CString)
    guard mkdtemp(&name) != nil else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
    path = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The state directory inside, which does not exist at first.
  var state: String { "\(path)/state" }
  var journal: String { "\(state)/journal" }

  var location: StateLocation { .directory(state, isExplicit: true) }

  /// Names in the state directory, sorted; nil if there is none.
  var names: [String]? {
    try? FileManager.default.contentsOfDirectory(atPath: state).sorted()
  }

  func read(_ name: String = "journal") throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: "\(state)/\(name)")))
  }

  /// Makes the state directory with a journal of these bytes.
  func write(_ bytes: [UInt8], _ name: String = "journal") throws {
    try? FileManager.default.createDirectory(
      atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    try Data(bytes).write(to: URL(fileURLWithPath: "\(state)/\(name)"))
  }

  /// Opens the state, hands it to `body` and closes it.
  func open<Result>(
    compactAbove: Int = 64 << 10, _ body: (StateStore, StateReport) throws -> Result
  ) throws -> Result {
    let (store, report) = try StateStore.open(location, compactAbove: compactAbove)
    defer { store.close() }
    return try body(store, report)
  }
}

func record(_ key: String, _ value: String?, kind: String = "backend") -> StateRecord {
  StateRecord(kind: kind, key: key, value: value.map { Array($0.utf8) })
}

/// The bytes of a journal with these records.
func journal(_ records: [StateRecord]) -> [UInt8] {
  records.reduce(into: StateFrame.header) { $0 += StateFrame.encode($1) }
}
