/// Remembers which beginnings of prompts have been computed where. A value of bounded size; time is
/// given.
///
/// A prompt is looked for by its longest beginning first, so that a conversation is found where it
/// was last, and a new one that shares only its system prompt with others is found where that is.
public struct PrefixTable: Sendable {
  private var slots: PrefixSlots
  private var accounts = CacheAccounts()
  private var stamp: UInt32 = 0

  /// Entries of 28 bytes: a beginning of a prompt in one cache.
  public static let usualLimit = 65_536

  /// - Parameter limit: most entries, rounded down to a power of two.
  public init(limit: Int = PrefixTable.usualLimit) { slots = PrefixSlots(limit: limit) }

  /// Beginnings that are remembered, each cache counted on its own.
  public var count: Int { slots.count }

  /// Most that can be.
  public var capacity: Int { slots.capacity }

  /// Bytes of memory that the entries take.
  public var memory: Int { slots.memory }

  /// Where the conversation is best continued, for a model.
  ///
  /// A name that the client gives the conversation is believed: where that was counts with all
  /// that was sent there, and what is known by the prompt alone with half. Whom the request is for
  /// says something only if nothing is known of the prompt, and then half.
  ///
  /// - Parameters:
  ///   - model: `PromptCache.key(ofModel:)`.
  ///   - now: milliseconds of a clock that never goes back.
  public func places(
    for conversation: Conversation, of model: UInt64, now: UInt64
  ) -> WarmPlaces {
    let whole = conversation.chain.bytes
    let time = Self.seconds(now)
    var found = WarmPlaces()
    if case .named(let hash) = conversation.identity {
      add(hash ^ model, time, to: &found) { min(UInt64($0), whole) }
    }
    let weight: UInt64 = found.isEmpty ? 1 : 2
    for link in conversation.chain.links.reversed() {
      if found.isFull { return found }
      add(link.hash ^ model, time, to: &found) { _ in link.bytes / weight }
    }
    if found.isEmpty, case .person(let hash) = conversation.identity {
      add(hash ^ model, time, to: &found) { min(UInt64($0), whole) / 2 }
    }
    return found
  }

  /// The conversation's prompt has been computed in a cache that holds `keeps` others beside it.
  public mutating func record(
    _ conversation: Conversation, in cache: PromptCache, keeps: Int, now: UInt64
  ) {
    guard !conversation.isEmpty else { return }
    let (number, mark) = accounts.note(cache, keeps: keeps)
    stamp &+= 1
    var entry = PrefixSlots.Entry(
      cache: number, bytes: 0, mark: mark, time: Self.seconds(now), stamp: stamp)
    for link in conversation.chain.links {
      entry.bytes = UInt32(clamping: link.bytes)
      slots.put(link.hash ^ cache.model, entry)
    }
    if let identity = conversation.identity {
      entry.bytes = UInt32(clamping: conversation.chain.bytes)
      slots.put(identity.hash ^ cache.model, entry)
    }
  }

  /// A backend has lost what was in its caches: all of them, or that of a model.
  public mutating func forget(backend: UInt64, model: UInt64? = nil) {
    accounts.forget(backend: backend, model: model)
  }

  /// Adds the places of one hash.
  @inline(__always)
  private func add(
    _ hash: UInt64, _ time: UInt32, to found: inout WarmPlaces, bytes: (UInt32) -> UInt64
  ) {
    slots.forEach(of: hash) { entry in
      // A thread's clock may be a little behind that of the one that wrote it.
      let seconds = time < entry.time ? 0 : time - entry.time
      let share = accounts.share(entry.cache, mark: entry.mark, seconds: seconds)
      guard share > 0 else { return }
      let warm = UInt64(Double(bytes(entry.bytes)) * share)
      found.add(.init(backend: accounts.cache(entry.cache).backend, bytes: warm))
    }
  }

  private static func seconds(_ milliseconds: UInt64) -> UInt32 {
    UInt32(truncatingIfNeeded: milliseconds / 1_000)
  }
}
