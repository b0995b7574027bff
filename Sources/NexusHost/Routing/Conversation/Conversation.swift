/// What a request continues, as far as can be seen: hashes only, nothing of its content.
public struct Conversation: Sendable {
  /// What the client says about it.
  public enum Identity: Equatable, Sendable {
    /// It names the conversation (the header x-nexus-session, or prompt_cache_key): believed.
    case named(UInt64)
    /// It names whom the request is for (user, metadata), who may have many conversations or, where
    /// an application puts its own name there, all of them.
    case person(UInt64)

    var hash: UInt64 {
      switch self {
      case .named(let hash), .person(let hash): hash
      }
    }
  }

  public var chain: PrefixChain
  public var identity: Identity?

  public init(chain: PrefixChain = PrefixChain(), identity: Identity? = nil) {
    self.chain = chain
    self.identity = identity
  }

  /// Whether nothing is known that could be found again.
  public var isEmpty: Bool { chain.links.isEmpty && identity == nil }
}
