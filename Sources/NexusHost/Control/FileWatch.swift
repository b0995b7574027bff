import Glibc
import Net

/// Notices that a file has become another, however that was done: written in place, replaced by
/// renaming, deleted and made again, or by turning a symbolic link on the way to it to something else.
///
/// Confined to its loop's thread.
public final class FileWatch {
  /// What happened.
  public enum Event: Equatable, Sendable {
    /// The file is another, or gone, or there again. `isBeingWritten`: more may follow soon.
    case changed(isBeingWritten: Bool)
    /// Who wrote it has closed it.
    case written
  }

  private let path: String
  private let watch: DirectoryWatch
  private var last: FileIdentity?
  /// Most symbolic links that are followed from one to the next.
  private static let longestChain = 16

  public init(_ path: String, loop: EventLoop) throws(NetError) {
    self.path = path
    watch = try DirectoryWatch(loop: loop)
  }

  /// Calls `handle` with what happens from now on, until `stop`. `trouble` hears of directories that
  /// cannot be watched.
  public func run(
    _ handle: (Event) -> Void, trouble: ([String]) -> Void
  ) async {
    var names = rewatch(trouble)
    last = FileIdentity(of: path)
    while let events = await watch.next() {
      // Before the look at the file, so that no change falls between the two.
      names = names.union(rewatch { _ in })
      let own = events.filter { names.contains($0.name) }
      let now = FileIdentity(of: path)
      if now != last {
        last = now
        let writing = own.last { $0.isModified || $0.isClosed }
        handle(.changed(isBeingWritten: writing.map { !$0.isClosed } ?? false))
      } else if own.contains(where: \.isClosed) {
        handle(.written)
      }
    }
  }

  public func stop() { watch.close() }

  /// Watches every directory in which something decides what the path leads to. Returns the names
  /// that matter there.
  private func rewatch(_ trouble: ([String]) -> Void) -> Set<String> {
    let chain = Self.chain(path)
    let failed = watch.watch(chain.map { Self.existing(Self.directory(of: $0)) })
    if !failed.isEmpty { trouble(failed) }
    return Set(chain.map { String($0.split(separator: "/").last ?? "") })
  }

  /// The path and what it leads to, from link to link.
  static func chain(_ path: String) -> [String] {
    var chain = [path]
    while chain.count < longestChain, let last = chain.last, let target = readLink(last) {
      chain.append(target.hasPrefix("/") ? target : "\(directory(of: last))/\(target)")
    }
    return chain
  }

  private static func readLink(_ path: String) -> String? {
    var room = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(path, &room, room.count)
    guard count > 0 else { return nil }
    return String(decoding: room[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The directory, or what there is of the way to it.
  private static func existing(_ directory: String) -> String {
    var directory = directory
    while directory != "/", directory != ".", access(directory, F_OK) != 0 {
      directory = self.directory(of: directory)
    }
    return directory
  }
}
