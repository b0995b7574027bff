import Foundation

import Seeded
import Synchronization

@testable import Control

/// A directory in memory that knows what a power cut would leave of it.
///
/// What was written since the last sync of a file may be there, in part, as noise, or not at all;
/// names changed since the last sync of the names may be the old ones. An operation can be made to
/// fail, and at a power cut all fail from then on.
final class VolatileDisk: StateDisk {
  private struct File {
    /// As programs see it.
    var bytes: [UInt8] = []
    /// As it would be read after a power cut.
    var synced: [UInt8] = []
    /// A sync has failed: Linux then takes the rest for written, and never writes it.
    var isSpoilt = false
  }

  private struct Disk {
    var files: [File] = []
    var names: [String: Int] = [:]
    /// The names after each change since they were synced; the first are the synced ones.
    var history: [[String: Int]] = [[:]]
    var operations = 0
    var cutAt: Int?
    var failures: [Int: Int32] = [:]
  }

  let path = "memory"
  private let disk: Mutex<Disk>

  init() { disk = Mutex(Disk()) }

  private init(_ disk: Disk) { self.disk = Mutex(disk) }

  /// A disk that has held this journal for long.
  static func holding(_ journal: [UInt8]) -> VolatileDisk {
    let names = [StateJournal.name: 0]
    return VolatileDisk(
      Disk(files: [File(bytes: journal, synced: journal)], names: names, history: [names]))
  }

  /// Cuts the power when so many operations more are done.
  func cut(after count: Int) {
    disk.withLock { disk in disk.cutAt = disk.operations + count }
  }

  /// Forgets the failures that were asked for.
  func mend() { disk.withLock { $0.failures = [:] } }

  /// Lets one operation fail when so many more are done.
  func fail(after count: Int, with code: Int32) {
    disk.withLock { disk in disk.failures[disk.operations + count] = code }
  }

  /// What the disk may be after the power cut.
  func afterCut(_ random: inout SeededRandom) -> VolatileDisk {
    let before = disk.withLock { $0 }
    var after = Disk()
    after.names = random.pick(before.history)
    after.history = [after.names]
    after.files = before.files.map { file in
      let left = Self.remains(file, &random)
      return File(bytes: left, synced: left)
    }
    return VolatileDisk(after)
  }

  private static func remains(_ file: File, _ random: inout SeededRandom) -> [UInt8] {
    let common = zip(file.bytes, file.synced).prefix { $0 == $1 }.count
    switch random.below(4) {
    case 0: return file.synced
    case 1: return file.bytes
    case 2: return Array(file.bytes[..<(common + random.below(file.bytes.count - common + 1))])
    default:
      // The length has been noted, but not all that belongs there.
      let noise = (common..<file.bytes.count).map { index -> UInt8 in
        random.isOne(in: 3) ? 0 : file.bytes[index]
      }
      return file.bytes[..<common] + noise
    }
  }

  /// Counts an operation, and fails it if that was asked for.
  private static func step(_ disk: inout Disk) throws(StateError) {
    defer { disk.operations += 1 }
    if let cut = disk.cutAt, disk.operations >= cut {
      throw .system(call: "power", path: "memory", errno: EIO)
    }
    if let code = disk.failures[disk.operations] { throw .failed("fault", "memory", code) }
  }

  private func change<Result: Sendable>(
    _ body: (inout Disk) throws(StateError) -> Result
  ) throws(StateError) -> Result {
    try disk.withLock { (disk) throws(StateError) -> Result in
      try Self.step(&disk)
      return try body(&disk)
    }
  }

  private func changeNames(
    _ body: (inout [String: Int]) throws(StateError) -> Void
  ) throws(StateError) {
    try change { (disk) throws(StateError) in
      try body(&disk.names)
      disk.history.append(disk.names)
    }
  }

  // MARK: StateDisk

  func attach(create: Bool) -> Bool { true }

  func detach() {}

  func read(_ name: String, limit: Int) -> StateFile? {
    disk.withLock { disk in
      disk.names[name].map { file in
        .regular(Array(disk.files[file].bytes.prefix(limit)), size: disk.files[file].bytes.count)
      }
    }
  }

  func open(_ name: String, new: Bool) throws(StateError) -> CInt {
    guard new else {
      guard let file = disk.withLock({ $0.names[name] }) else {
        throw .failed("open", name, ENOENT)
      }
      return CInt(file)
    }
    let file = try change { (disk) throws(StateError) -> Int in
      guard disk.names[name] == nil else { throw .failed("open", name, EEXIST) }
      disk.files.append(File())
      disk.names[name] = disk.files.count - 1
      disk.history.append(disk.names)
      return disk.files.count - 1
    }
    return CInt(file)
  }

  /// Writes half of what it gets, and a failing write half of that.
  func write(_ file: CInt, _ bytes: ArraySlice<UInt8>) throws(StateError) -> Int {
    let count = (bytes.count + 1) / 2
    try disk.withLock { (disk) throws(StateError) in
      do throws(StateError) {
        try Self.step(&disk)
        disk.files[Int(file)].bytes += bytes.prefix(count)
      } catch {
        disk.files[Int(file)].bytes += bytes.prefix(count / 2)
        throw error
      }
    }
    return count
  }

  func sync(_ file: CInt) throws(StateError) {
    try disk.withLock { (disk) throws(StateError) in
      do throws(StateError) {
        try Self.step(&disk)
      } catch {
        disk.files[Int(file)].isSpoilt = true
        throw error
      }
      guard !disk.files[Int(file)].isSpoilt else { return }
      disk.files[Int(file)].synced = disk.files[Int(file)].bytes
    }
  }

  func truncate(_ file: CInt, to size: Int) throws(StateError) {
    try change { disk in
      disk.files[Int(file)].bytes.removeSubrange(size...)
    }
  }

  func close(_ file: CInt) {}

  func rename(_ name: String, to other: String) throws(StateError) {
    try changeNames { (names) throws(StateError) in
      guard let file = names.removeValue(forKey: name) else {
        throw .failed("rename", name, ENOENT)
      }
      names[other] = file
    }
  }

  func link(_ name: String, as other: String) throws(StateError) {
    try changeNames { (names) throws(StateError) in
      guard names[other] == nil else { throw .failed("link", other, EEXIST) }
      names[other] = names[name]
    }
  }

  func remove(_ name: String) throws(StateError) {
    try changeNames { names in names[name] = nil }
  }

  func names() -> [String] { disk.withLock { Array($0.names.keys) } }

  func syncNames() throws(StateError) {
    try change { disk in disk.history = [disk.names] }
  }
}
