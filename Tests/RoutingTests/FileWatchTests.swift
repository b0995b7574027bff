import Foundation
import Net
import Testing

@testable import Control

/// Every way in which editors, tools and orchestrators change a file.
struct FileWatchTests {
  /// A directory of its own, gone with the test.
  private final class Folder: Sendable {
    let path: String

    init() throws {
      path = NSTemporaryDirectory() + "nexus-watch-\(UInt64.random(in: 0...UInt64.max))"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ text: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    }

    func rename(_ old: String, _ new: String) {
      _ = Glibc.rename("\(path)/\(old)", "\(path)/\(new)")
    }

    func remove(_ name: String) throws {
      try FileManager.default.removeItem(atPath: "\(path)/\(name)")
    }

    func make(_ name: String) throws {
      try FileManager.default.createDirectory(
        atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    }

    /// A link with a relative target, as orchestrators make them.
    func link(_ name: String, to target: String) { _ = symlink(target, "\(path)/\(name)") }
  }

  /// Watches `name` while `body` changes things. `next` gives the next event, or with
  /// `skipsLateEnds` the next that is no mere end of writing.
  private func watching(
    _ name: String, in folder: Folder, skipsLateEnds: Bool = true,
    _ body: (_ next: () async -> FileWatch.Event?) async throws -> Void
  ) async throws {
    let loop = try EventLoop()
    let thread = try LoopThread(name: "watch", loop: loop)
    defer {
      loop.stop()
      thread.join()
    }
    let (events, continuation) = AsyncStream.makeStream(of: FileWatch.Event.self)
    let (starts, started) = AsyncStream.makeStream(of: Void.self)
    let path = "\(folder.path)/\(name)"
    loop.spawn {
      guard let watch = try? FileWatch(path, loop: loop) else { return continuation.finish() }
      loop.post { started.yield() }
      await watch.run({ continuation.yield($0) }, trouble: { Issue.record("not watched: \($0)") })
      continuation.finish()
    }
    _ = await starts.first { _ in true }
    // While another test starts a program, that has every open file for a moment, so that a file
    // may be closed after it was renamed.
    try await body { await events.first { skipsLateEnds ? $0 != .written : true } }
  }

  @Test(.timeLimit(.minutes(1))) func renamedOver() async throws {
    let folder = try Folder()
    try folder.write("nexus.toml", "one")
    try await watching("nexus.toml", in: folder) { next in
      for text in ["two", "three"] {
        try folder.write(".nexus.toml.tmp", text)
        folder.rename(".nexus.toml.tmp", "nexus.toml")
        #expect(await next() == .changed(isBeingWritten: false))
      }
    }
  }

  @Test(.timeLimit(.minutes(1))) func writtenInPlace() async throws {
    let folder = try Folder()
    try folder.write("nexus.toml", "one")
    try await watching("nexus.toml", in: folder, skipsLateEnds: false) { next in
      let file = open("\(folder.path)/nexus.toml", O_WRONLY | O_TRUNC)
      #expect(await next() == .changed(isBeingWritten: true))
      _ = Glibc.write(file, "two", 3)
      #expect(await next() == .changed(isBeingWritten: true))
      Glibc.close(file)
      #expect(await next() == .written)
    }
  }

  @Test(.timeLimit(.minutes(1))) func deletedAndMadeAgain() async throws {
    let folder = try Folder()
    try folder.write("nexus.toml", "one")
    try await watching("nexus.toml", in: folder) { next in
      try folder.remove("nexus.toml")
      #expect(await next() == .changed(isBeingWritten: false))
      try folder.write(".tmp", "two")
      folder.rename(".tmp", "nexus.toml")
      #expect(await next() == .changed(isBeingWritten: false))
    }
  }

  @Test(.timeLimit(.minutes(1))) func itsDirectoryMadeLater() async throws {
    let folder = try Folder()
    try await watching("deep/down/nexus.toml", in: folder) { next in
      try folder.make("deep")
      try folder.make("deep/down")
      try folder.write(".tmp", "one")
      folder.rename(".tmp", "deep/down/nexus.toml")
      #expect(await next() == .changed(isBeingWritten: false))
      // The whole directory replaced by another.
      try folder.make("new")
      try folder.write("new/nexus.toml", "two")
      folder.rename("deep/down", "old")
      #expect(await next() == .changed(isBeingWritten: false))
      folder.rename("new", "deep/down")
      #expect(await next() == .changed(isBeingWritten: false))
    }
  }

  /// As Kubernetes mounts a ConfigMap: the file is a link into a link, and that one is swapped.
  @Test(.timeLimit(.minutes(1))) func linksSwapped() async throws {
    let folder = try Folder()
    for (version, text) in [("..1", "one"), ("..2", "two"), ("..3", "three")] {
      try folder.make(version)
      try folder.write("\(version)/nexus.toml", text)
    }
    folder.link("..data", to: "..1")
    folder.link("nexus.toml", to: "..data/nexus.toml")
    try await watching("nexus.toml", in: folder) { next in
      for version in ["..2", "..3"] {
        folder.link("..data_tmp", to: version)
        folder.rename("..data_tmp", "..data")
        #expect(await next() == .changed(isBeingWritten: false))
      }
      // What the link leads to is written.
      try folder.write("..3/.tmp", "four")
      folder.rename("..3/.tmp", "..3/nexus.toml")
      #expect(await next() == .changed(isBeingWritten: false))
    }
  }

  @Test(.timeLimit(.minutes(1))) func othersInTheDirectoryAreIgnored() async throws {
    let folder = try Folder()
    try folder.write("nexus.toml", "one")
    try await watching("nexus.toml", in: folder) { next in
      for number in 0..<100 { try folder.write("other-\(number)", "x") }
      try folder.write(".tmp", "two")
      folder.rename(".tmp", "nexus.toml")
      // The only event is that of the file itself.
      #expect(await next() == .changed(isBeingWritten: false))
      try folder.remove("nexus.toml")
      #expect(await next() == .changed(isBeingWritten: false))
    }
  }

  @Test func chainsOfLinksAreFollowed() throws {
    let folder = try Folder()
    folder.link("a", to: "b")
    folder.link("b", to: "/nowhere/c")
    folder.link("loop", to: "loop")
    let chain = FileWatch.chain("\(folder.path)/a")
    #expect(chain == ["\(folder.path)/a", "\(folder.path)/b", "/nowhere/c"])
    #expect(FileWatch.chain("\(folder.path)/loop").count == 16)
    #expect(FileWatch.directory(of: "nexus.toml") == ".")
    #expect(FileWatch.directory(of: "/nexus.toml") == "/")
  }
}
