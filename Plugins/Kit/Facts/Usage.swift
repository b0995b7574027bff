import NexusPluginABI

/// Tokens of one request; nil where the server does not say.
public struct Usage: Equatable {
  public var input: UInt64?
  public var output: UInt64?
  public var cached: UInt64?
  public var reasoning: UInt64?

  public init() {}

  /// Reads an OpenAI-shaped `usage` object; nil if it says nothing.
  public init?(_ document: JSONDocument, _ usage: JSONNode?) {
    input = document.count(usage, "prompt_tokens")
    output = document.count(usage, "completion_tokens")
    cached = document.count(document.member(usage, "prompt_tokens_details"), "cached_tokens")
    reasoning =
      document.count(document.member(usage, "completion_tokens_details"), "reasoning_tokens")
      ?? document.count(usage, "reasoning_tokens")
    if input == nil, output == nil { return nil }
  }

  /// Reads llama.cpp's `timings`, which stand in for `usage` where the client did not ask for it.
  public init?(_ document: JSONDocument, timings: JSONNode?) {
    guard let prompt = document.count(timings, "prompt_n") else { return nil }
    let reused = document.count(timings, "cache_n") ?? 0
    input = prompt + reused
    output = document.count(timings, "predicted_n")
    cached = reused
  }

  /// Tells the host.
  public func report(_ sink: Sink, as kind: UInt32 = UInt32(NEXUS_REPORT_USAGE)) {
    var record = nexus_usage()
    record.size = UInt32(MemoryLayout<nexus_usage>.size)
    record.known =
      (input == nil ? 0 : 1) | (output == nil ? 0 : 2) | (cached == nil ? 0 : 4)
      | (reasoning == nil ? 0 : 8)
    record.input_tokens = input ?? 0
    record.output_tokens = output ?? 0
    record.cached_tokens = cached ?? 0
    record.reasoning_tokens = reasoning ?? 0
    sink.report(kind, record)
  }

  /// Tells the host how many tokens a prompt has.
  public static func reportTokens(_ count: UInt64, _ sink: Sink) {
    var usage = Usage()
    usage.input = count
    usage.report(sink, as: UInt32(NEXUS_REPORT_TOKENS))
  }
}

extension JSONDocument {
  /// A member that counts something: not negative and below 2^53; nil if it is missing.
  public func count(_ object: JSONNode?, _ name: StaticString) -> UInt64? {
    guard let value = integer(member(object, name)), 0..<(1 << 53) ~= value else { return nil }
    return UInt64(value)
  }

  /// A member that is a string which can be shown and compared; empty if it is missing.
  public func text(_ object: JSONNode?, _ name: StaticString) -> [UInt8] {
    string(member(object, name)) ?? []
  }
}
