import Fleet
import Net
import Synchronization

/// Those who watch, and what they have been told. What is said is made once for all of one kind, and
/// handed over once for each loop. Confined to the control loop.
final class LiveAudience {
  /// The watchers on one loop.
  private final class Hall {
    let loop: EventLoop
    let backlog = Backlog()

    init(_ loop: EventLoop) { self.loop = loop }
  }

  /// What has been handed to a loop that has not turned to it yet.
  private final class Backlog: Sendable {
    let count = Atomic<Int>(0)
  }

  private struct Seat {
    let watcher: LoopBound<any LiveWatcher>
    let kind: WatchedMessages.Kind
    let hall: Hall
    /// Whether it is to be told everything.
    var isNew = true
  }

  private var halls: [ObjectIdentifier: Hall] = [:]
  private var seats: [ObjectIdentifier: Seat] = [:]
  private var scripts: [WatchedMessages.Kind: any LiveScript] = [:]
  /// Everything that was to be told at a snapshot of that number, made when somebody joined.
  private var whole: [WatchedMessages.Kind: (number: UInt64, messages: WatchedMessages)] = [:]
  /// A loop that has as much as this before it is told nothing further, until it has none: what is
  /// kept for it is bounded.
  private static let mostBacklog = 8

  var isEmpty: Bool { seats.isEmpty }

  func join(
    _ watcher: LoopBound<any LiveWatcher>, _ kind: WatchedMessages.Kind, on loop: EventLoop
  ) {
    let place = ObjectIdentifier(loop)
    let hall = halls[place] ?? Hall(loop)
    halls[place] = hall
    seats[ObjectIdentifier(watcher.value)] = Seat(watcher: watcher, kind: kind, hall: hall)
  }

  func leave(_ watcher: ObjectIdentifier) {
    guard let seat = seats.removeValue(forKey: watcher) else { return }
    // It may end there only.
    let last = seat.watcher
    seat.hall.loop.post { withExtendedLifetime(last) {} }
  }

  /// Nobody watches: what was said last is of no use any more.
  func forget() {
    scripts = [:]
    whole = [:]
    halls = [:]
  }

  /// Tells everybody what is new to them.
  func tell(_ snapshot: LiveSnapshot) {
    for kind in WatchedMessages.Kind.allCases {
      guard seats.values.contains(where: { $0.kind == kind }) else {
        scripts[kind] = nil
        whole[kind] = nil
        continue
      }
      var script = scripts[kind] ?? kind.script
      let changes = script.changes(to: snapshot)
      scripts[kind] = script
      tell(kind, changes) {
        if let made = whole[kind], made.number == snapshot.number { return made.messages }
        let messages = script.everything
        whole[kind] = messages.map { (snapshot.number, $0) }
        return messages
      }
    }
  }

  private func tell(
    _ kind: WatchedMessages.Kind, _ changes: WatchedMessages?, _ everything: () -> WatchedMessages?
  ) {
    for hall in halls.values {
      var old: [LoopBound<any LiveWatcher>] = []
      var new: [LoopBound<any LiveWatcher>] = []
      let isFull = hall.backlog.count.load(ordering: .relaxed) >= Self.mostBacklog
      for (id, seat) in seats where seat.hall === hall && seat.kind == kind {
        switch (isFull, seat.isNew) {
        // What it misses, it is told with all the rest when it can take it.
        case (true, _): if changes != nil { seats[id]?.isNew = true }
        case (false, true):
          new.append(seat.watcher)
          seats[id]?.isNew = false
        case (false, false): old.append(seat.watcher)
        }
      }
      if let changes { hand(changes, to: old, in: hall) }
      if !new.isEmpty, let all = everything() { hand(all, to: new, in: hall) }
    }
  }

  private func hand(
    _ messages: WatchedMessages, to watchers: [LoopBound<any LiveWatcher>], in hall: Hall
  ) {
    guard !watchers.isEmpty else { return }
    let backlog = hall.backlog
    backlog.count.wrappingAdd(1, ordering: .relaxed)
    hall.loop.post {
      backlog.count.wrappingSubtract(1, ordering: .relaxed)
      for watcher in watchers { watcher.value.take(messages) }
    }
  }
}

/// What is said to the watchers of one kind, from one snapshot to the next.
protocol LiveScript {
  /// What is new since the last time; nil if nothing is.
  mutating func changes(to snapshot: LiveSnapshot) -> WatchedMessages?
  /// All that was said of the last snapshot.
  var everything: WatchedMessages? { get }
}

extension WatchedMessages.Kind {
  fileprivate var script: any LiveScript {
    switch self {
    case .api: MessageScript()
    case .page: PageScript()
    }
  }
}
