import Config
import Glibc

/// Reads the key of a backend from where its settings say that it is.
public enum BackendKey {
  /// Most bytes of a key.
  private static let limit = 16 * 1024

  /// The key without the line end that came along; nil if the backend has none. `environment` looks a
  /// variable up.
  public static func read(
    _ settings: Settings.Backend, environment: (String) -> String?,
    file read: (String) throws(SmallFile.Failure) -> [UInt8] = readFile
  ) throws(BackendKeyError) -> [UInt8]? {
    var key: [UInt8]
    let place: String
    if let variable = settings.keyVariable {
      guard let value = environment(variable) else { throw .missing(variable: variable) }
      (key, place) = (Array(value.utf8), "$\(variable)")
    } else if let file = settings.keyFile {
      do {
        (key, place) = (try read(file), file)
      } catch {
        throw .unreadable(file: file, why: error.description)
      }
    } else {
      return nil
    }
    while let last = key.last, last == 0x0A || last == 0x0D { key.removeLast() }
    // What stands in a header field may not end it (RFC 9110 §5.5).
    guard !key.isEmpty, key.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw .unusable(place: place)
    }
    return key
  }

  /// Reads a small file.
  public static func readFile(_ path: String) throws(SmallFile.Failure) -> [UInt8] {
    try SmallFile.read(path, limit: limit)
  }
}

/// Why a backend's key cannot be used.
public enum BackendKeyError: Error, Equatable, Sendable {
  /// The environment has no such variable.
  case missing(variable: String)
  case unreadable(file: String, why: String)
  /// Empty, or with characters that no header field can hold. `place`: the variable or the file.
  case unusable(place: String)
}

extension Settings.Backend {
  /// Where its key stands, for people: a variable, or a file.
  var keyPlace: String? { keyVariable.map { "$\($0)" } ?? keyFile }
}
