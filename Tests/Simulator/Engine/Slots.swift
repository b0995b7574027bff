import LatencyModels

/// The places in which answers are computed, and the queue in front of them.
final class Slots {
  /// A place, or a place in the queue. Given back once.
  final class Ticket {
    fileprivate enum State { case waiting, running, returned }
    fileprivate var state = State.waiting
    fileprivate let granted: () -> Void
    fileprivate init(_ granted: @escaping () -> Void) { self.granted = granted }
    var isRunning: Bool { state == .running }
  }

  let limit: Int
  let longestQueue: Int?
  private(set) var running = 0
  private var queue: [Ticket] = []
  var waiting: Int { queue.count }

  init(_ model: LatencyModel) {
    limit = max(1, model.slots)
    longestQueue = model.queue
  }

  /// A ticket that runs already, or one for which `granted` is called later; nil if the queue is
  /// full.
  func acquire(_ granted: @escaping () -> Void) -> Ticket? {
    let ticket = Ticket(granted)
    if running < limit {
      running += 1
      ticket.state = .running
      return ticket
    }
    if let longestQueue, queue.count >= longestQueue { return nil }
    queue.append(ticket)
    return ticket
  }

  func release(_ ticket: Ticket) {
    let state = ticket.state
    ticket.state = .returned
    switch state {
    case .waiting: queue.removeAll { $0 === ticket }
    case .returned: return
    case .running:
      running -= 1
      guard !queue.isEmpty else { return }
      let next = queue.removeFirst()
      running += 1
      next.state = .running
      next.granted()
    }
  }
}
