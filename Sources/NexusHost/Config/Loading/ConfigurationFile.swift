/// A configuration file, read but not understood yet.
public struct ConfigurationFile: Equatable, Sendable {
  /// Its path as messages call it.
  public let name: String
  public let bytes: [UInt8]

  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  /// A path that stands in the file: a relative one starts where the file is.
  func resolve(_ path: String) -> String {
    guard !path.hasPrefix("/"), let slash = name.lastIndex(of: "/") else { return path }
    return "\(name[...slash])\(path)"
  }
}
