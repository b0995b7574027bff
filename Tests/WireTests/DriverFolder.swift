import Foundation
import Glibc

/// A directory of drivers in which a test adds, replaces and removes some while a gateway runs.
final class DriverFolder {
  let path: String
  /// Where drivers are made ready.
  private let workshop: String
  private var builds: [String: String] = [:]

  init() throws {
    let root = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
    path = root.appendingPathComponent("nexus-drivers-\(UUID().uuidString)").path
    workshop = "\(path).workshop"
    for folder in [path, workshop] {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
    }
  }

  deinit { for folder in [path, workshop] { try? FileManager.default.removeItem(atPath: folder) } }

  var driver: String { "\(path)/minimal.so" }

  /// The example of a driver in that version, built once.
  func build(_ version: String, _ changes: [String: String] = [:]) throws -> String {
    if let known = builds[version] { return known }
    let file = "\(workshop)/\(version).so"
    try ExampleDriver.build(
      changes.merging([
        #"TEXT("1.0.0")"#: #"TEXT("\#(version)")"#,
        #"\nversion=1.0.0\n"#: #"\nversion=\#(version)\n"#,
      ]) { $1 }, file)
    builds[version] = file
    return file
  }

  /// Puts that version into the directory by renaming, as package managers do.
  func install(_ version: String) throws {
    try put(FileManager.default.contents(atPath: build(version)))
  }

  /// Puts a file with these bytes in the driver's place.
  func put(_ bytes: Data?, mode: Int = 0o644) throws {
    let new = "\(path)/.minimal.new"
    guard let bytes else { throw CaseFailure("nothing to put into \(path)") }
    try bytes.write(to: URL(fileURLWithPath: new))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: new)
    guard rename(new, driver) == 0 else { throw CaseFailure("cannot rename to \(driver)") }
  }

  func remove() { unlink(driver) }

  /// The private copies of drivers that a process has mapped: each by its inode.
  static func mapped(by process: Int32) -> Set<String> {
    let maps = String(decoding: read("/proc/\(process)/maps"), as: UTF8.self)
    return Set(
      maps.split(separator: "\n").filter { $0.contains("/memfd:nexus:") }.compactMap {
        $0.split(separator: " ", omittingEmptySubsequences: true).dropFirst(4).first.map(
          String.init)
      })
  }

  /// The bytes of a file of the kernel, which gives them piece by piece.
  private static func read(_ path: String) -> [UInt8] {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { return [] }
    defer { close(file) }
    var bytes: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 65_536)
    while case let count = Glibc.read(file, &room, room.count), count > 0 {
      bytes += room[..<count]
    }
    return bytes
  }
}
