import CLinux
import Drivers
import Glibc

/// The recordings of directories.
public struct ExchangeFolder: Sendable {
  /// In the order of the directories and names.
  public private(set) var exchanges: [RecordedExchange] = []
  /// What could not be read, and why.
  public private(set) var complaints: [String] = []

  /// Reads every `.exchange` of the directories.
  public init(_ directories: [String]) {
    for directory in directories {
      guard let names = Self.names(in: directory) else {
        complaints.append("\(directory): \(String(cString: strerror(errno)))")
        continue
      }
      for name in names { read("\(directory)/\(name)", name) }
    }
  }

  private static let ending = ".exchange"

  private static func names(in directory: String) -> [String]? {
    guard let stream = opendir(directory) else { return nil }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name.hasSuffix(ending), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private mutating func read(_ path: String, _ name: String) {
    do {
      let file = try DriverFile(path: path, trusted: false)
      let found = try ExchangeParser.parse(
        file.bytes, name: String(name.dropLast(Self.ending.count)))
      for exchange in found {
        guard !exchanges.contains(where: { $0.name == exchange.name }) else {
          complaints.append("\(path): another recording is called \(exchange.name) already")
          continue
        }
        exchanges.append(exchange)
      }
    } catch {
      complaints.append("\(path): \(error)")
    }
  }
}
