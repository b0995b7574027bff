import CLinux
import Glibc
import Net
import Text

/// The bytes of a driver file, read once through one descriptor whose owner and mode were checked.
///
/// What is inspected, hashed and mapped are these bytes: a file that is exchanged or overwritten
/// afterwards changes nothing.
public struct DriverFile: Sendable {
  /// Absolute path, for people.
  public let path: String
  public let bytes: [UInt8]
  /// Which file it was.
  let identity: FileIdentity

  /// SHA-256 of the bytes in lower-case hexadecimal.
  public var sha256: String { SHA256.hex(SHA256.hash(bytes)) }

  /// Far above the size of any driver; keeps a mistaken file from filling the memory.
  static let largestSize = 64 << 20

  /// Reads the file at `path`. With `trusted`, only one that nobody but root or the running user
  /// can change.
  public init(path: String, trusted: Bool) throws(DriverFileError) {
    // Without O_NONBLOCK a FIFO of that name would hold up the start.
    let file = nexus_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0)
    guard file >= 0 else { throw DriverFileError(SystemError.text(errno)) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw DriverFileError(SystemError.text(errno)) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw DriverFileError("not a regular file") }
    if trusted, let fault = Self.fault(of: status) { throw DriverFileError(fault) }
    guard status.st_size <= Self.largestSize else {
      throw DriverFileError("larger than 64 MiB, which no driver is")
    }
    identity = FileIdentity(status)
    bytes = try Self.read(file, size: Int(status.st_size))
    self.path = path
  }

  /// Why others than root and the running user could change what has that status, or nil.
  static func fault(of status: stat) -> String? {
    guard status.st_uid == 0 || status.st_uid == geteuid() else {
      return "owned by user \(status.st_uid), who is neither root nor the user running nexus"
    }
    guard status.st_mode & (S_IWGRP | S_IWOTH) == 0 else {
      return "writable by others; mend it with chmod go-w"
    }
    return nil
  }

  private static func read(_ file: CInt, size: Int) throws(DriverFileError) -> [UInt8] {
    var failure: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, filled in
      while filled < size, let base = buffer.baseAddress {
        let count = Glibc.read(file, base + filled, size - filled)
        if count < 0, errno == EINTR { continue }
        if count < 0 { failure = errno }
        guard count > 0 else { return }
        filled += count
      }
    }
    guard failure == 0 else { throw DriverFileError(SystemError.text(failure)) }
    return bytes
  }

  /// Maps the bytes as a shared library, from a sealed private copy that nobody can change.
  /// `ready` is called when the copy is made and the loader is about to run.
  public func map(_ ready: () -> Void = {}) throws(DriverFileError) -> DriverLibrary {
    let name = path.split(separator: "/").last.map(String.init) ?? "driver"
    let copy = nexus_memory_file("nexus:\(name)")
    guard copy >= 0 else {
      throw DriverFileError("no memory file for a private copy: \(SystemError.text(errno))")
    }
    guard write(to: copy), nexus_seal_file(copy) == 0 else {
      let reason = SystemError.text(errno)
      close(copy)
      throw DriverFileError("a private copy cannot be made: \(reason)")
    }
    ready()
    guard let handle = dlopen("/proc/self/fd/\(copy)", RTLD_NOW | RTLD_LOCAL) else {
      let reason = Self.loaderMessage()
      close(copy)
      throw DriverFileError(reason)
    }
    return DriverLibrary(handle: handle, copy: copy)
  }

  private func write(to file: CInt) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count, let base = buffer.baseAddress {
        let count = Glibc.write(file, base + done, buffer.count - done)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        done += count
      }
      return true
    }
  }

  /// The dynamic loader's message, without the path of the copy, which says nothing to people.
  private static func loaderMessage() -> String {
    guard let message = dlerror() else { return "cannot be mapped" }
    let text = String(cString: message)
    guard text.hasPrefix("/proc/self/fd/"), let colon = text.firstIndex(of: ":") else {
      return text
    }
    return "cannot be mapped" + text[colon...]
  }
}

/// Why a driver file cannot be used: one line for people, without the path.
public struct DriverFileError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}
