/// Why a local socket cannot be opened for listening: what, where and how to mend it.
public enum LocalSocketError: Error, Equatable, Sendable {
  /// The path does not fit into a socket's address.
  case tooLong(path: String)
  /// The directory cannot be trusted with the socket; the text completes "the directory … ".
  case unsafe(directory: String, why: String)
  /// Something that is no socket has that name.
  case notASocket(path: String)
  /// A process listens there.
  case inUse(path: String)
  /// The operating system refused: what was to be done with what, and errno.
  case system(doing: String, errno: Int32)
}

extension LocalSocketError: CustomStringConvertible {
  /// A sentence without a full stop, for logs and error messages.
  public var description: String {
    switch self {
    case .tooLong(let path):
      "the path '\(path)' has \(path.utf8.count) bytes, and a socket's may have"
        + " \(Socket.longestLocalPath); choose a shorter one"
    case .unsafe(let directory, let why): "the directory \(directory) \(why)"
    case .notASocket(let path): "\(path) exists and is no socket; remove it or choose another path"
    case .inUse(let path): "another process listens at \(path)"
    case .system(let doing, let code): "cannot \(doing): \(SystemError.text(code))"
    }
  }
}
