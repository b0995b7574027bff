import Glibc
import Net
import Testing

/// A private directory for one test's sockets.
private final class Folder {
  let path: String

  init() throws {
    var template = Array("/tmp/nexus-local-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw NetError.system(call: "mkdtemp", errno: errno) }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    for name in ["a", "b", "inner/a", "inner", "link/a", "link"] {
      unlink("\(path)/\(name)")
      rmdir("\(path)/\(name)")
    }
    rmdir(path)
  }
}

private func mode(_ path: String) -> mode_t? {
  var found = stat()
  return lstat(path, &found) == 0 ? found.st_mode & 0o7777 : nil
}

private func answers(_ path: String) -> Bool {
  guard let fd = try? Socket.connectLocal(path: path, within: 0) else { return false }
  close(fd)
  return true
}

@Suite struct LocalSocketTests {
  @Test func isForItsOwnerAlone() throws {
    let folder = try Folder()
    let path = "\(folder.path)/inner/a"
    let socket = try Socket.listenLocal(path: path)
    defer { close(socket.listening.fd) }
    #expect(mode(path) == 0o600)
    #expect(mode("\(folder.path)/inner") == 0o700)
    let client = try Socket.connectLocal(path: path, within: 100)
    defer { close(client) }
    #expect(Socket.peerUser(of: client) == geteuid())
    socket.removeFile()
    #expect(mode(path) == nil)
  }

  @Test func replacesWhatADeadProcessLeft() throws {
    let folder = try Folder()
    let path = "\(folder.path)/a"
    close(try Socket.listenLocal(path: path).listening.fd)
    #expect(mode(path) != nil && !answers(path))
    let socket = try Socket.listenLocal(path: path)
    defer { close(socket.listening.fd) }
    #expect(answers(path))
  }

  @Test func doesNotReplaceALiveOneUnasked() throws {
    let folder = try Folder()
    let path = "\(folder.path)/a"
    let first = try Socket.listenLocal(path: path)
    defer { close(first.listening.fd) }
    #expect(throws: LocalSocketError.inUse(path: path)) { try Socket.listenLocal(path: path) }
    #expect(answers(path))

    let successor = try Socket.listenLocal(path: path, replacing: true)
    defer { close(successor.listening.fd) }
    // The file is the successor's now, and the predecessor's end must not take it away.
    first.removeFile()
    close(try Socket.connectLocal(path: path, within: 100))
    var waiting = pollfd(fd: successor.listening.fd, events: Int16(POLLIN), revents: 0)
    #expect(poll(&waiting, 1, 1000) == 1)
  }

  @Test func leavesOtherFilesAlone() throws {
    let folder = try Folder()
    let path = "\(folder.path)/a"
    close(open(path, O_CREAT | O_WRONLY, 0o600))
    #expect(throws: LocalSocketError.notASocket(path: path)) {
      try Socket.listenLocal(path: path, replacing: true)
    }
    #expect(mode(path) != nil)
  }

  @Test(arguments: [0o777, 0o770, 0o1777, 0o722] as [mode_t])
  func refusesADirectoryThatOthersCanWrite(rights: mode_t) throws {
    let folder = try Folder()
    chmod(folder.path, rights)
    let error = #expect(throws: LocalSocketError.self) {
      try Socket.listenLocal(path: "\(folder.path)/a")
    }
    #expect(error?.description.contains("may be written by others") == true)
    #expect(mode("\(folder.path)/a") == nil)
  }

  @Test func refusesADirectoryOfAnotherUser() throws {
    guard geteuid() == 0 else { return print("not root: cannot give a directory away") }
    let folder = try Folder()
    chown(folder.path, 65_534, 65_534)
    let error = #expect(throws: LocalSocketError.self) {
      try Socket.listenLocal(path: "\(folder.path)/a")
    }
    #expect(error?.description.contains("belongs to user 65534") == true)
    // Nor does a link of another user lead anywhere.
    chown(folder.path, 0, 0)
    let target = try Folder()
    symlink(target.path, "\(folder.path)/link")
    lchown("\(folder.path)/link", 65_534, 65_534)
    #expect(throws: LocalSocketError.self) {
      try Socket.listenLocal(path: "\(folder.path)/link/a")
    }
  }

  @Test func refusesAPathThatDoesNotFit() throws {
    let folder = try Folder()
    let path = "\(folder.path)/\(String(repeating: "x", count: 90))"
    let error = #expect(throws: LocalSocketError.tooLong(path: path)) {
      try Socket.listenLocal(path: path)
    }
    #expect(error?.description.contains("shorter") == true)
    #expect(throws: NetError.self) { try Socket.connectLocal(path: path + path, within: 0) }
    #expect(throws: NetError.self) { try Socket.connectLocal(path: "", within: 0) }
    #expect(throws: NetError.self) { try Socket.connectLocal(path: "a\0b", within: 0) }
  }

  @Test func saysWhyNobodyAnswers() throws {
    let folder = try Folder()
    let path = "\(folder.path)/a"
    #expect(throws: NetError.system(call: "connect", errno: ENOENT)) {
      try Socket.connectLocal(path: path, within: 0)
    }
    close(try Socket.listenLocal(path: path).listening.fd)
    #expect(throws: NetError.system(call: "connect", errno: ECONNREFUSED)) {
      try Socket.connectLocal(path: path, within: 0)
    }
  }

  @Test func giveUpOnAPeerThatIsSilent() throws {
    let folder = try Folder()
    let path = "\(folder.path)/a"
    let socket = try Socket.listenLocal(path: path)
    defer { close(socket.listening.fd) }
    let client = try Socket.connectLocal(path: path, within: 100)
    defer { close(client) }
    let soon = MonotonicClock.milliseconds() + 30
    #expect(throws: NetError.timedOut) { try Socket.receiveSome(from: client, until: soon) }
    // Nobody takes what is sent either, once the kernel's buffers are full.
    #expect(throws: NetError.timedOut) {
      try Socket.sendAll([UInt8](repeating: 0, count: 16 << 20), to: client, until: soon + 30)
    }
  }
}
