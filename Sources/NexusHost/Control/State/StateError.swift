import Glibc
import Net

/// Why state cannot be kept: what, where, and how to mend it.
public enum StateError: Error, Equatable, Sendable {
  /// Something that is no directory has its name.
  case notADirectory(path: String)
  /// This user may not write there; errno says why.
  case notWritable(path: String, errno: Int32)
  /// Others could change what the gateway trusts.
  case unsafe(path: String, why: String)
  /// Another process uses the directory; its pid if that is known.
  case held(path: String, pid: Int32?)
  /// No room: the disk, the quota or the process's limit for files. Nothing was changed.
  case full(path: String, errno: Int32)
  /// The operating system refused otherwise.
  case system(call: StaticString, path: String, errno: Int32)
  /// The record cannot be kept.
  case unsuitable(key: String, why: String)
  /// The store was closed.
  case closed

  /// What a failed system call means.
  static func failed(_ call: StaticString, _ path: String, _ code: Int32 = errno) -> StateError {
    switch code {
    case EACCES, EPERM, EROFS: .notWritable(path: path, errno: code)
    case ENOSPC, EDQUOT, EFBIG: .full(path: path, errno: code)
    case ENOTDIR: .notADirectory(path: path)
    default: .system(call: call, path: path, errno: code)
    }
  }

  public static func == (left: StateError, right: StateError) -> Bool {
    left.description == right.description
  }
}

extension StateError: CustomStringConvertible {
  /// One sentence or two for people.
  public var description: String {
    switch self {
    case .notADirectory(let path):
      "the state directory '\(path)' cannot be used: something on this path is not a directory."
        + " Choose another one."
    case .notWritable(let path, let code):
      "no state can be kept in '\(path)': \(SystemError.text(code))."
        + " Give user \(geteuid()) the right to write there, or choose another directory."
    case .unsafe(let path, let why):
      "the state directory '\(path)' is not safe: \(why)."
    case .held(let path, let pid):
      "the state directory '\(path)' is in use by another gateway"
        + (pid.map { ", process \($0)" } ?? "")
        + ". Stop that one, or give this one a directory of its own."
    case .full(let path, let code):
      "no room to keep state in '\(path)': \(SystemError.text(code))."
        + " Nothing was changed; make room and try again."
    case .system(let call, let path, let code):
      "no state can be kept in '\(path)': \(call): \(SystemError.text(code))."
    case .unsuitable(let key, let why):
      "'\(key)' cannot be kept: \(why)."
    case .closed: "the state is no longer kept: this gateway is stopping."
    }
  }
}
