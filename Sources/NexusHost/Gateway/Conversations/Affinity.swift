import Drivers
import Fleet
import HTTP
import Routing
import Synchronization
import Text

/// What the present request of a connection continues, in memory that is used again.
struct Continuation {
  var conversation = Conversation()
  /// `PromptCache.key(ofModel:)` of the name by which the fleet was asked for it.
  var model: UInt64 = 0
  /// Whether a backend that answers is to be remembered.
  var isOpen = false
}

/// Which backends hold which conversations in their caches, for all workers together. Hashes only,
/// whose seed is new in each process. Any thread; a lock is held for microseconds at most.
public final class Affinity: Sendable {
  let hasher: ByteHash
  private let table = Mutex(PrefixTable())

  /// Longest name that a client may give a conversation in x-nexus-session.
  static let longestName = 256

  public init(seed: UInt64 = .random(in: 0...UInt64.max)) { hasher = ByteHash(seed: seed) }

  /// Where a request is best continued, in bytes of the prompt as routing counts them. Nothing is
  /// read where there is no choice. `session`: the hash of the name that its head gives the
  /// conversation.
  func places(
    for facts: RequestFacts, _ outline: RequestOutline, _ body: Span<UInt8>, in view: GatewayView,
    now: UInt64, _ continuation: inout Continuation, session: () -> UInt64?
  ) -> WarmPlaces {
    continuation.isOpen = false
    let (fleet, policy) = (view.fleet, view.rules.routing)
    guard policy.usesAffinity, facts.operation.hasPrompt else {
      return WarmPlaces()
    }
    let model = policy.model(askedFor: facts.model, in: fleet)
    guard fleet.candidates(for: model).count > 1 else { return WarmPlaces() }
    continuation.conversation.read(outline, body, session: session(), hasher)
    guard !continuation.conversation.isEmpty else { return WarmPlaces() }
    continuation.model = PromptCache.key(ofModel: model)
    continuation.isOpen = true
    let conversation = continuation.conversation
    let found = table.withLock {
      $0.places(for: conversation, of: continuation.model, now: now)
    }
    return found.isEmpty ? found : found.scaled(from: conversation.chain.bytes, to: facts.prompt)
  }

  /// A backend has begun to answer, so that the prompt is in its cache. Counts once for a request.
  func record(_ continuation: inout Continuation, _ attempt: Attempt, now: UInt64) {
    guard continuation.isOpen else { return }
    continuation.isOpen = false
    let model =
      attempt.isFallback ? PromptCache.key(ofModel: attempt.model.id) : continuation.model
    let cache = PromptCache(backend: attempt.backend.key, model: model)
    let keeps = PromptCache.keeps(slots: attempt.model.report.slots)
    let conversation = continuation.conversation
    table.withLock { $0.record(conversation, in: cache, keeps: keeps, now: now) }
  }

  /// The hash of the name that a head gives the conversation.
  func session(_ fields: [HTTPField], in bytes: Span<UInt8>) -> UInt64? {
    RoutingFields.session(fields, in: bytes).flatMap { name(bytes, $0) }
  }

  /// The hash of a name in a header: visible ASCII, at most `longestName` bytes; nil for any other,
  /// which counts as if it were not there.
  func name(_ bytes: Span<UInt8>, _ value: Range<Int>) -> UInt64? {
    guard (1...Self.longestName).contains(value.count) else { return nil }
    for index in value where !(0x21...0x7E).contains(bytes[index]) { return nil }
    return hasher.chain(1, hasher.hash(bytes, value))
  }

  /// Forgets what backends lost between two snapshots.
  public func follow(from old: FleetSnapshot, to new: FleetSnapshot) {
    let losses = CacheLoss.all(from: old, to: new)
    guard !losses.isEmpty else { return }
    table.withLock { table in
      for loss in losses { table.forget(backend: loss.backend, model: loss.model) }
    }
  }
}

extension Conversation {
  /// Reads what a request continues. `session` comes before whatever the body says.
  mutating func read(
    _ outline: RequestOutline, _ body: Span<UInt8>, session: UInt64?, _ hasher: ByteHash
  ) {
    chain.removeAll()
    // Models read tools and instructions first, wherever they stand in the body.
    let messages = (outline.messages ?? outline.input)?.range ?? 0..<0
    for part in outline.parts where !messages.contains(part.lowerBound) {
      chain.append(body, part, hasher)
    }
    for part in outline.parts where messages.contains(part.lowerBound) {
      chain.append(body, part, hasher)
    }
    chain.finish()
    identity = session.map(Identity.named)
    guard identity == nil, let node = outline.identity else { return }
    let isName = outline.identitySource == .promptCacheKey
    let hash = hasher.chain(isName ? 2 : 3, hasher.hash(body, node.range))
    identity = isName ? .named(hash) : .person(hash)
  }
}

extension OperationKind {
  /// Whether it makes a model read a prompt that may go on.
  fileprivate var hasPrompt: Bool {
    switch self {
    case .chat, .completions, .messages, .responses: true
    default: false
    }
  }
}
