import Foundation

/// What the kernel says about a process.
enum ProcessFigures {
  /// Open file descriptors.
  static func descriptors(of identifier: Int32) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(identifier)/fd").count) ?? 0
  }

  /// Resident memory in KiB.
  static func residentKiB(of identifier: Int32) -> Int {
    let path = "/proc/\(identifier)/status"
    let status = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
    return line.split(separator: " ").compactMap { Int($0) }.first ?? 0
  }

  /// Waits until a condition holds; false if it does not within the time.
  static func wait(seconds: Double = 10, _ condition: () throws -> Bool) rethrows -> Bool {
    let deadline = Date() + seconds
    while Date() < deadline {
      if try condition() { return true }
      Thread.sleep(forTimeInterval: 0.01)
    }
    return false
  }
}
