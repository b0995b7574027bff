/// What can be said about a driver file without running it.
public struct DriverInspection: Equatable, Sendable {
  /// The path as given.
  public let path: String
  /// Size in bytes.
  public let size: Int
  /// SHA-256 in lower-case hexadecimal.
  public let sha256: String
  /// The note, or nil if the file has none.
  public let note: DriverNote?
}

/// Why a file cannot be described: one line for people.
public struct DriverInspectionError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
}

/// Describes a driver file without executing anything of it.
public enum DriverInspector {
  public static func inspect(path: String) throws(DriverInspectionError) -> DriverInspection {
    do {
      let file = try DriverFile(path: path, trusted: false)
      let note = try DriverNote.read(try ELFFile(file.bytes))
      return DriverInspection(
        path: path, size: file.bytes.count, sha256: file.sha256, note: note)
    } catch {
      throw DriverInspectionError(description: "\(path): \(error)")
    }
  }
}
