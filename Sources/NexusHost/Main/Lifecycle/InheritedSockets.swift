import Glibc
import Net

/// Listening sockets that whoever started this process passed to it (sd_listen_fds(3)).
enum InheritedSockets {
  /// The first descriptor that is passed, SD_LISTEN_FDS_START.
  private static let first: Int32 = 3

  /// Takes them over, and their variables out of the environment: they are for this process alone.
  /// None if nothing was passed, or something to another process. For the start, before there are
  /// threads.
  static func take() throws(StartError) -> [Socket.Listening] {
    let process = take("LISTEN_PID")
    let count = take("LISTEN_FDS")
    _ = take("LISTEN_FDNAMES")
    guard process == "\(getpid())", let count else { return [] }
    guard let count = Int32(count), (0...1024).contains(count) else {
      throw StartError("LISTEN_FDS has to be a small number, and is '\(count)'.")
    }
    var sockets: [Socket.Listening] = []
    for fd in first..<(first + count) {
      do {
        sockets.append(try Socket.adopt(fd, isShared: true))
      } catch {
        throw StartError(
          "descriptor \(fd), which was passed for listening, is no listening TCP socket (\(error))."
            + " In a systemd socket unit, use ListenStream=PORT and Accept=no.")
      }
    }
    return sockets
  }

  private static func take(_ name: String) -> String? {
    guard let value = getenv(name) else { return nil }
    defer { unsetenv(name) }
    return String(cString: value)
  }
}
