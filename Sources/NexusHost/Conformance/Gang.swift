import CConform
import CLinux
import Glibc

/// Threads that were started before the child was confined, and work at the same time when told to.
// Unchecked because its state is guarded by the lock.
final class Gang: @unchecked Sendable {
  let count: Int
  private let lock: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private var work: (@Sendable (Int) -> Void)?
  private var turn = 0
  private var busy = 0

  /// Starts the threads, and waits until they are ready: to become so takes calls of the kernel. Nil
  /// if that does not work.
  init?(count: Int) {
    self.count = count
    lock = .allocate(capacity: 1)
    changed = .allocate(capacity: 1)
    pthread_mutex_init(lock, nil)
    pthread_cond_init(changed, nil)
    busy = count
    for number in 1...count {
      var thread = pthread_t()
      let member = Unmanaged.passRetained(Member(gang: self, number: number)).toOpaque()
      let result = pthread_create(&thread, nil, { Gang.live($0) }, member)
      guard result == 0 else { return nil }
    }
    pthread_mutex_lock(lock)
    while busy > 0 { pthread_cond_wait(changed, lock) }
    pthread_mutex_unlock(lock)
  }

  private final class Member {
    let gang: Gang
    let number: Int

    init(gang: Gang, number: Int) {
      self.gang = gang
      self.number = number
    }
  }

  private static func live(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let member = Unmanaged<Member>.fromOpaque(argument).takeRetainedValue()
    // Who gets no room for faults works all the same.
    _ = conform_join(UInt32(member.number))
    member.gang.serve(member.number)
    return nil
  }

  private func serve(_ number: Int) {
    var seen = 0
    pthread_mutex_lock(lock)
    busy -= 1
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(lock)
    while true {
      pthread_mutex_lock(lock)
      while turn == seen { pthread_cond_wait(changed, lock) }
      seen = turn
      let work = work
      pthread_mutex_unlock(lock)
      work?(number)
      pthread_mutex_lock(lock)
      busy -= 1
      pthread_cond_broadcast(changed)
      pthread_mutex_unlock(lock)
    }
  }

  /// Lets every thread do `work`, which is told its number, 1 and up; comes back when all are done.
  func run(_ work: @escaping @Sendable (Int) -> Void) {
    pthread_mutex_lock(lock)
    self.work = work
    busy = count
    turn += 1
    pthread_cond_broadcast(changed)
    while busy > 0 { pthread_cond_wait(changed, lock) }
    self.work = nil
    pthread_mutex_unlock(lock)
  }
}
