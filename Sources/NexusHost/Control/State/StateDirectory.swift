import CLinux
import Glibc
import Net
import Synchronization

/// The directory of a real disk, held by a lock from the moment it exists. Any thread.
final class StateDirectory: StateDisk {
  let path: String
  /// The descriptor of the locked file, or -1.
  private let lock = Mutex<CInt>(-1)

  private static let lockName = "lock"

  init(path: String) { self.path = path }

  deinit { detach() }

  // MARK: Holding it

  func attach(create: Bool) throws(StateError) -> Bool {
    try lock.withLock { (lock) throws(StateError) -> Bool in
      guard lock < 0 else { return true }
      guard try exists() else {
        guard create else {
          try checkParent()
          return false
        }
        try make(path)
        lock = try takeLock()
        return true
      }
      lock = try takeLock()
      return true
    }
  }

  func detach() {
    lock.withLock { lock in
      if lock >= 0 { Glibc.close(lock) }
      lock = -1
    }
  }

  /// Whether the directory is there; throws if it is, but should not be used.
  private func exists() throws(StateError) -> Bool {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if errno == ENOENT { return false }
      throw .failed("stat", path)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else { throw .notADirectory(path: path) }
    if let why = Self.danger(of: status) { throw .unsafe(path: path, why: why) }
    try checkAccess(path)
    return true
  }

  /// Who else could write there: what is kept decides where requests go.
  private static func danger(of status: stat) -> String? {
    let isTrusted = status.st_uid == 0 || status.st_uid == geteuid()
    if status.st_mode & S_IWOTH != 0 {
      return "everybody may write there; mend it with chmod o-w"
    }
    if !isTrusted, status.st_mode & S_IWGRP != 0 {
      return "it belongs to user \(status.st_uid) and a group may write there;"
        + " mend it with chmod g-w or chown"
    }
    return nil
  }

  /// Fails early where the directory could not be made later.
  private func checkParent() throws(StateError) {
    var parent = Self.parent(of: path)
    while true {
      var status = stat()
      if stat(parent, &status) == 0 { break }
      guard errno == ENOENT, parent.count > 2 else { throw .failed("stat", path) }
      parent = Self.parent(of: parent)
    }
    try checkAccess(parent)
  }

  private func checkAccess(_ directory: String) throws(StateError) {
    guard faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0 else {
      throw .failed("access", path)
    }
  }

  private static func parent(of path: String) -> String {
    let parts = path.split(separator: "/").dropLast()
    return (path.hasPrefix("/") ? "/" : "./") + parts.joined(separator: "/")
  }

  /// Makes a directory and those above it, for this user alone, and has their names on the disk.
  private func make(_ directory: String) throws(StateError) {
    guard mkdir(directory, 0o700) != 0 else { return try syncParent(of: directory) }
    let parent = Self.parent(of: directory)
    if errno == ENOENT, parent != directory {
      try make(parent)
      if mkdir(directory, 0o700) == 0 { return try syncParent(of: directory) }
    }
    guard errno == EEXIST else { throw .failed("mkdir", path) }
  }

  private func syncParent(of directory: String) throws(StateError) {
    try syncDirectory(Self.parent(of: directory))
  }

  private func takeLock() throws(StateError) -> CInt {
    let flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let file = nexus_open(place(Self.lockName), flags, 0o600)
    guard file >= 0 else { throw .failed("open", place(Self.lockName)) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      let holder = Self.pid(in: file)
      Glibc.close(file)
      if code == EWOULDBLOCK { throw .held(path: path, pid: holder) }
      throw .failed("flock", place(Self.lockName), code)
    }
    // For people and for the message above; the lock is what counts.
    let pid = Array("\(getpid())\n".utf8)
    _ = ftruncate(file, 0)
    _ = pid.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, 0) }
    return file
  }

  private static func pid(in file: CInt) -> Int32? {
    var text = [UInt8](repeating: 0, count: 16)
    let count = text.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, 0) }
    let digits = text.prefix(max(count, 0)).prefix { $0 >= 0x30 && $0 <= 0x39 }
    return Int32(String(decoding: digits, as: UTF8.self))
  }

  // MARK: Files

  private func place(_ name: String) -> String { "\(path)/\(name)" }

  func read(_ name: String, limit: Int) throws(StateError) -> StateFile? {
    // Without O_NONBLOCK a FIFO of that name would hold up the start.
    let flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let file = nexus_open(place(name), flags, 0)
    guard file >= 0 else {
      switch errno {
      case ENOENT: return nil
      case ELOOP, ENXIO: return .other
      default: throw .failed("open", place(name))
      }
    }
    defer { Glibc.close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .failed("fstat", place(name)) }
    guard status.st_mode & S_IFMT == S_IFREG else { return .other }
    let size = Int(status.st_size)
    return .regular(try read(file, name, count: min(size, limit)), size: size)
  }

  private func read(_ file: CInt, _ name: String, count: Int) throws(StateError) -> [UInt8] {
    var failure: CInt = 0
    // The system call fills the array's own memory.
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while filled < count, let base = buffer.baseAddress {
        let step = Glibc.read(file, base + filled, count - filled)
        if step < 0, errno == EINTR { continue }
        if step < 0 { failure = errno }
        guard step > 0 else { return }
        filled += step
      }
    }
    guard failure == 0 else { throw .failed("read", place(name), failure) }
    return bytes
  }

  func open(_ name: String, new: Bool) throws(StateError) -> CInt {
    let flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK
    let file = nexus_open(place(name), new ? flags | O_CREAT | O_EXCL : flags, 0o600)
    guard file >= 0 else { throw .failed("open", place(name)) }
    return file
  }

  func write(_ file: CInt, _ bytes: ArraySlice<UInt8>) throws(StateError) -> Int {
    while true {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count > 0 { return count }
      guard count < 0, errno == EINTR else { throw .failed("write", path, count < 0 ? errno : EIO) }
    }
  }

  func sync(_ file: CInt) throws(StateError) {
    guard fdatasync(file) == 0 else { throw .failed("fdatasync", path) }
  }

  func truncate(_ file: CInt, to size: Int) throws(StateError) {
    guard ftruncate(file, size) == 0 else { throw .failed("ftruncate", path) }
  }

  func close(_ file: CInt) { Glibc.close(file) }

  func rename(_ name: String, to other: String) throws(StateError) {
    guard Glibc.rename(place(name), place(other)) == 0 else { throw .failed("rename", place(name)) }
  }

  func link(_ name: String, as other: String) throws(StateError) {
    guard Glibc.link(place(name), place(other)) == 0 else { throw .failed("link", place(other)) }
  }

  func remove(_ name: String) throws(StateError) {
    guard unlink(place(name)) != 0, errno != ENOENT else { return }
    throw .failed("unlink", place(name))
  }

  func names() throws(StateError) -> [String] {
    guard let directory = opendir(path) else { throw .failed("opendir", path) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      names.append(Self.name(of: entry))
    }
    return names
  }

  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
      String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  func syncNames() throws(StateError) { try syncDirectory(path) }

  private func syncDirectory(_ directory: String) throws(StateError) {
    let file = nexus_open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    guard file >= 0 else { throw .failed("open", directory) }
    defer { Glibc.close(file) }
    // Some file systems have nothing to sync for a directory and say so.
    guard fsync(file) == 0 || errno == EINVAL else { throw .failed("fsync", directory) }
  }
}
