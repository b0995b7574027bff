import Config
import Glibc

/// Adds a backend to the configuration file; what stands there stays as it is.
enum BackendFile {
  /// What keeps it from being added, for people; more than one line for places in the file.
  struct Failure: Error {
    let message: String
  }

  /// Appends a table. The file that would come of it is checked first; one that is not there is made.
  static func add(
    _ backend: Settings.Backend, to configuration: Configuration
  ) throws(Failure) {
    let path = configuration.file
    var content: [UInt8] = []
    do throws(SmallFile.Failure) {
      content = try SmallFile.read(path, limit: 1 << 20)
    } catch {
      guard error.isMissing else { throw Failure(message: "Error: cannot read \(path): \(error).") }
    }
    if let last = content.last, last != UInt8(ascii: "\n") { content.append(UInt8(ascii: "\n")) }
    content += Array(BackendTOML.table(backend).utf8)
    let errors = configuration.read(with: content).errors
    guard errors.isEmpty else {
      throw Failure(
        message: errors.map(\.text).joined(separator: "\n")
          + "\nError: \(path) is left as it is, since it would have mistakes.")
    }
    guard replace(path, with: content) else {
      throw Failure(message: "Error: cannot write \(path): \(String(cString: strerror(errno))).")
    }
  }

  /// Writes beside the file and renames, so that nobody reads half of it. False with `errno` set.
  private static func replace(_ path: String, with content: [UInt8]) -> Bool {
    // A link stays one: what it leads to is replaced.
    let resolved = realpath(path, nil)
    defer { free(resolved) }
    let target = resolved.map { String(cString: $0) } ?? path
    var status = stat()
    let mode = stat(target, &status) == 0 ? status.st_mode & 0o777 : 0o644
    let fresh = "\(target).\(getpid())"
    let file = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard file >= 0 else { return false }
    let isWritten =
      Terminal.write(String(decoding: content, as: UTF8.self), to: file)
      && fchmod(file, mode) == 0 && fsync(file) == 0
    let error = errno
    guard close(file) == 0, isWritten, rename(fresh, target) == 0 else {
      if !isWritten { errno = error }
      let kept = errno
      unlink(fresh)
      errno = kept
      return false
    }
    return true
  }
}
