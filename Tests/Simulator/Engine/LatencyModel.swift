/// How fast a backend is: a seeded model of prompt processing, generation, loading and slots.
struct LatencyModel {
  /// Milliseconds from the grant of a slot to the first token, before the prompt's length counts.
  var firstToken = 10.0
  /// Microseconds that each token of the prompt adds.
  var promptToken = 20.0
  /// Tokens per second of one stream; 0 = as fast as the loop can.
  var tokensPerSecond = 500.0
  /// Milliseconds that it takes to bring a cold model into memory.
  var load = 50.0
  /// Answers computed at once; the rest wait.
  var slots = 4
  /// How many may wait before the server says that it is busy; nil = any number.
  var queue: Int?

  /// Milliseconds until the first token of this answer: up to a tenth more or less, by `random`.
  func firstToken(prompt tokens: Int, _ random: inout Random) -> Double {
    (firstToken + promptToken * Double(tokens) / 1000) * (0.9 + 0.2 * random.fraction())
  }

  /// Milliseconds between two tokens.
  func interval(_ random: inout Random) -> Double {
    tokensPerSecond > 0 ? 1000 / tokensPerSecond * (0.9 + 0.2 * random.fraction()) : 0
  }
}

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
