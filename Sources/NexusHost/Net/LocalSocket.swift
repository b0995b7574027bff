import CLinux
import Glibc

/// Sockets that have a path instead of a port (unix(7)), for this machine alone.
extension Socket {
  /// A listening local socket with its file.
  public struct LocalListening: Sendable {
    public let path: String
    /// What a `Listener` takes; its port is 0.
    public let listening: Listening
    /// The file as it was made, to tell it from a successor's.
    fileprivate let device: UInt64
    fileprivate let inode: UInt64

    /// Removes the socket's file, unless a successor has put its own in that place.
    public func removeFile() {
      var found = stat()
      guard lstat(path, &found) == 0, UInt64(found.st_dev) == device, UInt64(found.st_ino) == inode
      else { return }
      unlink(path)
    }
  }

  /// Longest path to listen at, in bytes: the name that a socket has at first is longer.
  static let longestLocalPath = SocketAddress.longestPath - 8

  /// Opens a listening socket at `path`, for its owner alone (mode 0600) in a directory that others
  /// cannot write, which is made (0700) if there is none. The file that a dead process left is
  /// replaced; where a live one listens, that is an error unless `replacing` says to take over from
  /// it. Whoever connects meets the old socket or the new one, never none. For start-up: touches the
  /// file system.
  public static func listenLocal(
    path: String, replacing: Bool = false
  ) throws(LocalSocketError) -> LocalListening {
    // The socket is made under another name and moved, so that it is ready when it appears.
    let fresh = "\(path).\(getpid())"
    guard path.utf8.count <= longestLocalPath, SocketAddress.local(path: fresh) != nil else {
      throw .tooLong(path: path)
    }
    try PrivateDirectory.prepare(directory(of: path))
    try checkPlace(path, replacing: replacing)
    unlink(fresh)
    let fd = try localSocket()
    do throws(LocalSocketError) {
      try bindPrivately(fd, fresh)
      guard Glibc.listen(fd, 64) == 0 else { throw .system(doing: "listen", errno: errno) }
      var found = stat()
      guard lstat(fresh, &found) == 0, rename(fresh, path) == 0 else {
        throw .system(doing: "make \(path)", errno: errno)
      }
      return LocalListening(
        path: path, listening: Listening(fd: fd, port: 0), device: UInt64(found.st_dev),
        inode: UInt64(found.st_ino))
    } catch {
      close(fd)
      unlink(fresh)
      throw error
    }
  }

  /// A non-blocking connection to the local socket at `path`. Waits while its queue is full, at most
  /// so many milliseconds; blocks the calling thread. Errors are `system` with connect's errno:
  /// ENOENT or ECONNREFUSED where nobody listens, EACCES where this user may not.
  public static func connectLocal(
    path: String, within milliseconds: UInt64
  ) throws(NetError) -> Int32 {
    guard var address = SocketAddress.local(path: path) else {
      throw .system(call: "connect", errno: ENAMETOOLONG)
    }
    let fd: Int32
    do {
      fd = try localSocket()
    } catch {
      throw .system(call: "socket", errno: errno)
    }
    let end = MonotonicClock.milliseconds() + milliseconds
    while address.withPointer({ Glibc.connect(fd, $0, $1) }) != 0 {
      let code = errno
      if code == EINTR { continue }
      // A full queue cannot be waited for: poll(2) tells nothing of a socket that is not connected.
      guard code == EAGAIN, MonotonicClock.milliseconds() < end else {
        close(fd)
        throw .system(call: "connect", errno: code == EAGAIN ? ETIMEDOUT : code)
      }
      usleep(5_000)
    }
    return fd
  }

  /// The effective user of the process at the other end of a local connection, as it was when it
  /// connected or began to listen (SO_PEERCRED); nil if the system does not say.
  public static func peerUser(of fd: Int32) -> UInt32? {
    var user: UInt32 = 0
    return nexus_peer_user(fd, &user) == 0 ? user : nil
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private static func localSocket() throws(LocalSocketError) -> Int32 {
    let type = SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
    let fd = socket(AF_UNIX, Int32(type), 0)
    guard fd >= 0 else { throw .system(doing: "open a local socket", errno: errno) }
    return fd
  }

  /// Refuses to replace what is no socket, or a socket at which somebody listens.
  private static func checkPlace(_ path: String, replacing: Bool) throws(LocalSocketError) {
    var found = stat()
    guard lstat(path, &found) == 0 else {
      guard errno == ENOENT else { throw .system(doing: "look at \(path)", errno: errno) }
      return
    }
    guard found.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
    guard !replacing else { return }
    do {
      close(try connectLocal(path: path, within: 0))
    } catch .system(_, let code) where code == ECONNREFUSED || code == ENOENT {
      return
    } catch {
      throw .inUse(path: path)
    }
    throw .inUse(path: path)
  }

  /// Binds so that nobody else may ever connect: the file gets the mode that the socket has before,
  /// less the process's mask (Linux), and then the one that is meant.
  private static func bindPrivately(_ fd: Int32, _ path: String) throws(LocalSocketError) {
    guard var address = SocketAddress.local(path: path) else { throw .tooLong(path: path) }
    guard fchmod(fd, 0o600) == 0, address.withPointer({ Glibc.bind(fd, $0, $1) }) == 0,
      chmod(path, 0o600) == 0
    else { throw .system(doing: "make \(path)", errno: errno) }
  }
}
