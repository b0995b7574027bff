import Glibc

/// Reads files that people write: configuration, keys.
public enum SmallFile {
  /// Why a file cannot be read, for people.
  public struct Failure: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String
    /// Whether there is no such file.
    public var isMissing = false

    public init(_ description: String) { self.description = description }

    static func system() -> Failure {
      var failure = Failure(String(cString: strerror(errno)))
      failure.isMissing = errno == ENOENT
      return failure
    }
  }

  /// The content of a regular file of at most `limit` bytes. Returns soon, whatever the path leads to;
  /// any thread that may wait for a disk.
  public static func read(_ path: String, limit: Int) throws(Failure) -> [UInt8] {
    // Without O_NONBLOCK, opening a pipe would wait for its writer.
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { throw .system() }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .system() }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Failure("it is no regular file") }
    var content: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: min(limit + 1, 64 * 1024))
    while content.count <= limit {
      let count = Glibc.read(file, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .system() }
      guard count > 0 else { return content }
      content += piece[..<count]
    }
    throw Failure("it is longer than \(limit) bytes")
  }
}
