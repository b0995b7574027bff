import Text

/// A backend's cache of prompts for one model.
public struct PromptCache: Hashable, Sendable {
  /// `Backend.key`.
  public let backend: UInt64
  /// Made from the model's name.
  public let model: UInt64

  public init(backend: UInt64, model: UInt64) {
    self.backend = backend
    self.model = model
  }

  /// How many other prompts a server holds beside one, as a rule, that serves so many at once; 0 if
  /// nobody knows.
  ///
  /// Ollama and llama.cpp hold the last prompt of each slot, and llama.cpp further ones in 8 GiB of
  /// host memory; vLLM and SGLang hold what fits beside the weights, some hundred thousand tokens.
  /// Eight for each slot lies between; what is believed too readily is found out by how fast the
  /// answers begin (`Speed.cacheTrust`).
  public static func keeps(slots: Int) -> Int { (slots > 0 ? min(slots, 1 << 16) : 4) * 8 }

  /// A number for the name of a model.
  public static func key(ofModel name: String) -> UInt64 { NameHash.of(name) }
}

/// What has gone through each cache, and so what is likely to be left of a prompt in it. A value.
struct CacheAccounts: Sendable {
  private struct Account: Sendable {
    var cache: PromptCache
    /// Prompts that went through it; wraps.
    var requests: UInt32
    /// What was there up to this count is gone.
    var floor: UInt32
    /// How many other prompts it holds beside one.
    var keeps: UInt32
  }

  private var accounts: [Account] = []
  private var numbers: [PromptCache: UInt16] = [:]
  private var next = 0
  private static let most = 4_096

  /// What a backend keeps of a conversation that was silent for so many seconds. Ollama unloads a
  /// model after five minutes, services forget prompts after five to ten; vLLM and llama.cpp keep
  /// them until others need the room, so old ones are not worth nothing.
  private static let fresh: UInt32 = 300
  private static let old: UInt32 = 3_600
  /// Less than this share is nothing.
  private static let least = 0.125

  /// Counts a prompt in a cache that holds `keeps` others beside it. Returns the cache's number and
  /// its count.
  mutating func note(_ cache: PromptCache, keeps: Int) -> (number: UInt16, mark: UInt32) {
    let number = numbers[cache] ?? add(cache)
    accounts[Int(number)].requests &+= 1
    accounts[Int(number)].keeps = UInt32(clamping: max(1, keeps))
    return (number, accounts[Int(number)].requests)
  }

  func cache(_ number: UInt16) -> PromptCache { accounts[Int(number)].cache }

  /// The share of a prompt that is thought to be still in its cache, after what went through since
  /// and so many seconds.
  ///
  /// All of it while there have been no more other prompts than the cache holds. Beyond that it
  /// depends on their sizes, which is taken into account by halving with each doubling.
  func share(_ number: UInt16, mark: UInt32, seconds: UInt32) -> Double {
    let account = accounts[Int(number)]
    let others = account.requests &- mark
    guard others < account.requests &- account.floor else { return 0 }
    var share = 1.0
    if others > account.keeps { share = Double(account.keeps) / Double(others) }
    if seconds > Self.fresh { share *= seconds > Self.old ? 0.25 : 0.5 }
    return share < Self.least ? 0 : share
  }

  /// What is in the caches of a backend is gone; with a model, in that cache alone.
  mutating func forget(backend: UInt64, model: UInt64?) {
    for index in accounts.indices where accounts[index].cache.backend == backend {
      if let model, accounts[index].cache.model != model { continue }
      accounts[index].floor = accounts[index].requests
    }
  }

  /// A number for a cache. Once all are given, they are given again in turn, and what was there
  /// under a number is gone.
  private mutating func add(_ cache: PromptCache) -> UInt16 {
    let number: UInt16
    if accounts.count < Self.most {
      number = UInt16(accounts.count)
      accounts.append(Account(cache: cache, requests: 0, floor: 0, keeps: 1))
    } else {
      number = UInt16(next)
      next = (next + 1) % Self.most
      let requests = accounts[Int(number)].requests
      numbers[accounts[Int(number)].cache] = nil
      accounts[Int(number)] = Account(cache: cache, requests: requests, floor: requests, keeps: 1)
    }
    numbers[cache] = number
    return number
  }
}
