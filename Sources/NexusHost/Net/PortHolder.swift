import Glibc

/// The process that listens on a port, found in /proc as far as this user may look.
public struct PortHolder: Sendable {
  public let pid: Int32
  /// Name of its program, at most 15 bytes.
  public let name: String

  /// Blocks for as long as the list of processes is long: for error messages.
  public static func find(port: UInt16) -> PortHolder? {
    let inodes = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { listeners(on: port, in: $0) }
    guard !inodes.isEmpty else { return nil }
    let links = Set(inodes.map { "socket:[\($0)]" })
    for process in DirectoryNames.list("/proc") {
      guard let pid = Int32(process) else { continue }
      let folder = "/proc/\(process)/fd"
      if DirectoryNames.list(folder).contains(where: { links.contains(link("\(folder)/\($0)")) }) {
        return PortHolder(pid: pid, name: text("/proc/\(process)/comm").filter { $0 != "\n" })
      }
    }
    return nil
  }

  /// The inodes of sockets that listen on the port, of a table as proc(5) describes it.
  private static func listeners(on port: UInt16, in table: String) -> [Substring] {
    let lines = text(table).split(separator: "\n").dropFirst()
    return lines.compactMap { line in
      let columns = line.split(separator: " ")
      // Address, state, inode; 0A is TCP_LISTEN.
      guard columns.count > 9, columns[3] == "0A", let colon = columns[1].lastIndex(of: ":"),
        UInt16(columns[1][columns[1].index(after: colon)...], radix: 16) == port
      else { return nil }
      return columns[9]
    }
  }

  private static func link(_ path: String) -> String {
    let bytes = [UInt8](unsafeUninitializedCapacity: 64) { room, count in
      count = room.withMemoryRebound(to: CChar.self) { room in
        room.baseAddress.map { max(0, readlink(path, $0, 64)) } ?? 0
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func text(_ path: String) -> String {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return "" }
    defer { close(fd) }
    var bytes: [UInt8] = []
    while true {
      let piece = [UInt8](unsafeUninitializedCapacity: 16_384) { room, count in
        count = max(0, read(fd, room.baseAddress, 16_384))
      }
      guard !piece.isEmpty else { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece
    }
  }
}
