/// What a server has of the prompts of one model: a value.
struct SlotCache {
  private struct Entry {
    var passage: Passage
    var used: Double
  }

  private let kind: NodeSpec.Cache
  /// Of kind `slots` one for each slot, nil if it never computed anything.
  private var entries: [Entry?]
  private var isTaken: [Bool]

  /// A slot keeps what it has only for a prompt of which that is more than this share (llama.cpp).
  private static let leastSimilarity = 0.1

  init(_ kind: NodeSpec.Cache, slots: Int) {
    self.kind = kind
    entries = kind == .slots ? Array(repeating: nil, count: slots) : []
    isTaken = Array(repeating: false, count: slots)
  }

  var hasFreeSlot: Bool { isTaken.contains(false) }
  var isIdle: Bool { !isTaken.contains(true) }

  /// Takes the slot for a prompt; says which, and how many of its tokens are there already. There
  /// must be a free one.
  mutating func take(_ prompt: Passage, now: Double) -> (slot: Int, cached: Int) {
    guard kind == .slots else {
      let slot = isTaken.firstIndex(of: false) ?? 0
      isTaken[slot] = true
      return (slot, kind == .none ? 0 : longest(prompt, now: now))
    }
    var best = (slot: -1, cached: 0)
    var oldest = (slot: -1, used: Double.infinity)
    for slot in entries.indices where !isTaken[slot] {
      let shared = entries[slot]?.passage.shared(with: prompt) ?? 0
      if Double(shared) > Self.leastSimilarity * Double(prompt.tokens), shared > best.cached {
        best = (slot, shared)
      }
      let used = entries[slot]?.used ?? -1
      if used < oldest.used { oldest = (slot, used) }
    }
    if best.slot < 0 {
      // What little it shares with the prompt is kept all the same.
      let shared = entries[oldest.slot]?.passage.shared(with: prompt) ?? 0
      best = (oldest.slot, shared)
    }
    isTaken[best.slot] = true
    return best
  }

  /// What was computed in a slot, as far as that has come.
  mutating func store(_ passage: Passage, in slot: Int, now: Double) {
    switch kind {
    case .none: break
    case .slots: entries[slot] = Entry(passage: passage, used: now)
    case .blocks(let limit):
      entries.removeAll { $0?.passage.conversation == passage.conversation }
      entries.append(Entry(passage: passage, used: now))
      shrink(to: limit)
    }
  }

  mutating func free(_ slot: Int) { isTaken[slot] = false }

  private mutating func longest(_ prompt: Passage, now: Double) -> Int {
    var best = (place: -1, cached: 0)
    for place in entries.indices {
      let shared = entries[place]?.passage.shared(with: prompt) ?? 0
      if shared > best.cached { best = (place, shared) }
    }
    if best.place >= 0 { entries[best.place]?.used = now }
    return best.cached
  }

  /// Shared system prompts count once for each: a little less room than there is.
  private mutating func shrink(to limit: Int) {
    var total = entries.reduce(0) { $0 + ($1?.passage.tokens ?? 0) }
    while total > limit, entries.count > 1 {
      var oldest = 0
      for place in entries.indices
      where (entries[place]?.used ?? 0) < (entries[oldest]?.used ?? 0) { oldest = place }
      total -= entries[oldest]?.passage.tokens ?? 0
      entries.remove(at: oldest)
    }
  }
}
