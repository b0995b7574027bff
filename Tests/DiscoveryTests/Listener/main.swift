// A ServiceDirectory in a process of its own: tests choose its D-Bus by its environment (libdbus
// reads that once in the life of a process) and count what it holds. Orders come as lines on
// standard input, words apart by tabs; events go out as such lines.
import Glibc
import Net

/// The directory with the loop that it is confined to.
///
/// `@unchecked Sendable`: used on the loop's thread only.
final class Listener: @unchecked Sendable {
  private var directory: ServiceDirectory?
  private let loop: EventLoop

  init(loop: EventLoop) { self.loop = loop }

  func obey(_ order: [String]) {
    switch order.first {
    case "listen": directory = ServiceDirectory(loop: loop) { say(Self.words($0)) }
    case "browse": directory?.browse(Array(order.dropFirst()))
    case "announce" where order.count >= 4:
      let pairs = order.dropFirst(4).map { pair in
        let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return (key: String(parts[0]), value: String(parts.last ?? ""))
      }
      directory?.announce(
        ServiceAnnouncement(
          name: order[1], types: order[3].split(separator: ",").map(String.init),
          port: UInt16(order[2]) ?? 0, text: pairs))
    case "withdraw": directory?.announce(nil)
    case "stop":
      directory?.stop()
      directory = nil
    case "figures": say(["figures", "\(descriptors())", "\(residentKilobytes())"])
    default: break
    }
    say(["did", order.first ?? ""])
  }

  private static func words(_ event: ServiceEvent) -> [String] {
    switch event {
    case .available: ["available"]
    case .unavailable(let reason): ["unavailable", reason]
    case .found(let found):
      [
        "found", found.instance.name, found.instance.type, found.host, found.address,
        "\(found.port)", found.isOwn ? "own" : "other",
      ] + found.text.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    case .lost(let instance): ["lost", instance.name, instance.type]
    case .announced(let name): ["announced", name]
    case .notAnnounced(let reason): ["not announced", reason]
    }
  }
}

/// Past stdio's buffer: flushing that waits for the thread that reads.
func say(_ words: [String]) {
  let line = Array((words.joined(separator: "\t") + "\n").utf8)
  _ = write(STDOUT_FILENO, line, line.count)
}

func descriptors() -> Int {
  guard let folder = opendir("/proc/self/fd") else { return -1 }
  defer { closedir(folder) }
  var count = 0
  while readdir(folder) != nil { count += 1 }
  return count
}

func residentKilobytes() -> Int {
  guard let file = fopen("/proc/self/statm", "r") else { return -1 }
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 128)
  guard fgets(&line, 128, file) != nil else { return -1 }
  let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
  let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? -1
  return pages * Int(getpagesize()) / 1024
}

let loop = try EventLoop()
let thread = try LoopThread(name: "listener", loop: loop)
let listener = Listener(loop: loop)
while let line = readLine() {
  let order = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
  loop.post { listener.obey(order) }
}
loop.post { listener.obey(["stop"]) }
loop.stop()
thread.join()
