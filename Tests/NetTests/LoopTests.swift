import Glibc
import Net
import Synchronization
import Testing

/// A loop on a thread of its own for the time of a test.
func withLoop(_ body: @escaping @Sendable (EventLoop) async throws -> Void) async throws {
  let loop = try EventLoop()
  let thread = try LoopThread(name: "test", loop: loop)
  defer {
    loop.stop()
    thread.join()
  }
  try await Task(executorPreference: loop) { try await body(loop) }.value
}

/// Accepts connections on a free loopback port and serves each as a task of the loop.
func listen(
  on loop: EventLoop, _ serve: @escaping @Sendable (Transport) async -> Void
) throws -> UInt16 {
  let socket = try Socket.listen(host: "127.0.0.1", port: 0)
  loop.spawn {
    guard let listener = try? Listener(socket, loop: loop) else { return }
    await listener.run(
      serve: { fd in
        loop.spawn {
          guard let transport = try? Transport(fd: fd, loop: loop, readable: true) else { return }
          await serve(transport)
        }
      }, trouble: { _ in })
  }
  return socket.port
}

func dial(_ loop: EventLoop, port: UInt16, timeout: UInt64 = 2000) async throws -> Transport {
  let target = DialTarget(url: "http://127.0.0.1:\(port)", isSecure: false, caFile: nil)
  let dialler = try Dialler(loop: loop)
  return try await dialler.connect(to: target, timeout: timeout)
}

/// Descriptors that this process has open.
private func openFiles() -> Int { (0..<Int32(4_096)).count { fcntl($0, F_GETFD) >= 0 } }

@Suite struct LoopTests {
  @Test func echoesBytesOverRealSockets() async throws {
    try await withLoop { loop in
      let port = try listen(on: loop) { peer in
        let buffer = ByteBuffer()
        let list = GatherList()
        while let count = try? await peer.receive(into: buffer), count > 0 {
          list.append(buffer)
          try? await peer.send(list)
          buffer.removeAll()
        }
        peer.close()
      }
      let client = try await dial(loop, port: port)
      let out = ByteBuffer()
      let size = 3_000_000
      for index in 0..<size { out.append(byte: UInt8(truncatingIfNeeded: index &* 31)) }
      let list = GatherList()
      list.append(out)
      let back = ByteBuffer()
      // Both directions must be worked on, or the buffers of the kernel fill up.
      while back.count < size {
        try client.sendNow(list)
        _ = try await client.receive(into: back)
      }
      #expect(back.span.withUnsafeBytes { a in out.span.withUnsafeBytes { a.elementsEqual($0) } })
      client.close()
    }
  }

  /// Neither a connection that was refused nor one that was used leaves a socket behind.
  @Test func connectionsLeaveNoSocket() async throws {
    try await withLoop { loop in
      let closed = try Socket.listen(host: "127.0.0.1", port: 0)
      close(closed.fd)
      let port = try listen(on: loop) { $0.close() }
      let dialler = try Dialler(loop: loop)
      let before = openFiles()
      for _ in 0..<100 {
        for target in [closed.port, port] {
          let url = DialTarget(
            url: "http://127.0.0.1:\(target)", isSecure: false, caFile: nil)
          (try? await dialler.connect(to: url, timeout: 2000))?.close()
        }
      }
      #expect(openFiles() < before + 50)
    }
  }

  @Test func refusedConnectionIsAnError() async throws {
    try await withLoop { loop in
      let socket = try Socket.listen(host: "127.0.0.1", port: 0)
      close(socket.fd)
      await #expect(throws: NetError.self) { try await dial(loop, port: socket.port) }
    }
  }

  @Test func deadlineEndsAWait() async throws {
    try await withLoop { loop in
      let port = try listen(on: loop) { peer in
        _ = try? await peer.receive(into: ByteBuffer())
        peer.close()
      }
      let client = try await dial(loop, port: port)
      client.channel.setDeadline(after: 20)
      await #expect(throws: NetError.timedOut) {
        _ = try await client.receive(into: ByteBuffer())
      }
      client.close()
    }
  }

  @Test func peerThatLeavesInterruptsItsDependent() async throws {
    try await withLoop { loop in
      let port = try listen(on: loop) { peer in
        let quiet = Waiter(loop: loop)
        peer.channel.watch(quiet)
        await quiet.wait()
        peer.close()
      }
      let client = try await dial(loop, port: port)
      client.close()
      let other = try await dial(loop, port: port)
      other.finishSending()
      #expect(try await other.receive(into: ByteBuffer()) == 0)
      other.close()
    }
  }

  @Test func timersFireInOrderAndCanBeCancelled() async throws {
    try await withLoop { loop in
      let fired = Mutex<[Int]>([])
      for delay in [9, 3, 7, 1, 5] {
        loop.after(UInt64(delay)) { fired.withLock { $0.append(delay) } }
      }
      let cancelled = loop.after(4) { fired.withLock { $0.append(99) } }
      loop.cancelExpiry(cancelled)
      await loop.sleep(milliseconds: 12)
      #expect(fired.withLock { $0 } == [1, 3, 5, 7, 9])
    }
  }
}

/// Waits until it is interrupted.
private final class Waiter: Interruptible {
  private let loop: EventLoop
  private var continuation: UnsafeContinuation<Void, Never>?
  private var done = false

  init(loop: EventLoop) { self.loop = loop }

  func wait() async {
    if !done { await withUnsafeContinuation { continuation = $0 } }
  }

  func interrupt() {
    done = true
    continuation?.resume()
    continuation = nil
  }
}
