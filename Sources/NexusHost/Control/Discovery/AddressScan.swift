import Net

/// Goes through addresses and ports, slowly, again and again: a value that is asked what to look at
/// now. Times in milliseconds of one monotonic clock.
struct AddressScan {
  private var blocks: [AddressBlock] = []
  private var ports: [UInt16] = []
  private var port = 0
  private var block = 0
  private var place: UInt64 = 0
  private var roundBegan: UInt64 = 0
  /// When the next few may be looked at.
  private var next: UInt64 = 0

  /// Looks that are begun at once, and the time to the next ones: a hundred in a second.
  static let batch = 10
  static let pause: UInt64 = 100
  /// Looks that are under way at the same time.
  static let atOnce = 32

  /// Begins anew, also with the same addresses: looks that were under way are forgotten with a plan.
  mutating func follow(_ plan: DiscoveryPlan, now: UInt64) {
    self = AddressScan()
    blocks = plan.blocks
    ports = plan.ports
    roundBegan = now
    next = now
  }

  /// What to look at now. `busy`: looks that are under way; `interval`: least time between the
  /// beginnings of two rounds.
  mutating func take(now: UInt64, busy: Int, interval: UInt64) -> [Lead] {
    guard !blocks.isEmpty, !ports.isEmpty, next <= now, busy < Self.atOnce else { return [] }
    var leads: [Lead] = []
    while leads.count < min(Self.batch, Self.atOnce - busy) {
      leads.append(.scanned(blocks[block][place], ports[port]))
      guard advance() else { continue }
      // A round is over.
      next = max(now + Self.pause, roundBegan + interval)
      roundBegan = next
      return leads
    }
    next = now + Self.pause
    return leads
  }

  /// Address after address for one port, so that no machine is knocked at everywhere at once. True at
  /// the end of a round.
  private mutating func advance() -> Bool {
    place += 1
    guard place == blocks[block].count else { return false }
    place = 0
    block = (block + 1) % blocks.count
    guard block == 0 else { return false }
    port = (port + 1) % ports.count
    return port == 0
  }

  /// When to ask again; nil while it waits for looks to end.
  func wake(busy: Int) -> UInt64? {
    blocks.isEmpty || ports.isEmpty || busy >= Self.atOnce ? nil : next
  }
}
