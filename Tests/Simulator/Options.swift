import LatencyModels

/// One backend as the command line orders it.
struct BackendPlan {
  var kind: ServerKind
  var port: UInt16
  var name: String
  var models: [String] = []
  var latency = LatencyModel()
  var apiKey: String?
  var isCheap = false
  /// Words of an answer when the question does not say how many.
  var words = 12
  /// Prompts that are kept.
  var cache = 0
  var context: Int?
  var idleLimit: Double?
  /// Models in memory at once; another takes the place of the one loaded first. Nil = any number.
  var memory: Int?
  /// Bytes of memory for models; those that were loaded first make room. Nil = any number.
  var vram: Int?
  /// Bytes of each model. Nil = by its name.
  var size: Int?
  var seed: UInt64 = 1
  /// llama.cpp: answer 501 to /metrics, as without its flag.
  var hidesMetrics = false
  /// Counts the requests whose body contains this text.
  var watched: String?
}

/// Why the command line is refused.
struct UsageError: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// The command line of `nexus-sim`.
struct Options {
  var backends: [BackendPlan] = []
  var host = "127.0.0.1"
  var controlPort: UInt16 = 0
  var seed: UInt64 = 1
  var untilStdinCloses = false
  var wantsHelp = false

  static let usage = """
    usage: nexus-sim [--seed N] [--control PORT] [--host 127.0.0.1] [--until-stdin-closes] [BACKEND…]

    BACKEND is TYPE:PORT[,key=value…]; port 0 takes a free one. TYPE is one of
      ollama vllm llamacpp llamacpp-router lmstudio exo openai generic
    Keys:
      name=N         how the control endpoint calls it        (TYPE, then TYPE-2 …)
      model=ID       a model; repeat for more                 (some of the server's usual ones)
      ttft=MS        time to the first token                  (10)
      prompt-cost=US more for each token of the prompt        (20)
      tps=N          tokens per second of one stream, 0 = all (500)
      cache=N        prompts whose tokens cost nothing again  (0)
      slots=N        answers computed at once                 (4)
      queue=N        how many may wait                        (Ollama 512, others any number)
      load=MS        time to load a cold model                (50)
      memory=N       models in memory at once, of Ollama      (any number)
      vram=MB        memory for models, which Ollama and exo obey (any number)
      size=MB        what each model takes of it              (0.5 to 9.5 GB, by name)
      words=N        length of an answer                      (12; "write 50 words" asks for 50)
      ctx=N          context length in tokens                 (by type)
      idle=MS        when idle connections are closed, 0 = never (by type)
      api-key=K      the key that requests must show
      watch=TEXT     count requests whose body holds this     (none)
      no-metrics     llama.cpp without --metrics
      cheap          fixed answers at the least cost, for benchmarks

    Without a BACKEND: one of each of the six servers, on free ports.
    """

  static func parse(_ arguments: [String]) throws(UsageError) -> Options {
    var options = Options()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      switch argument {
      case "--seed": options.seed = try number(rest.popFirst(), "--seed")
      case "--control": options.controlPort = try port(rest.popFirst(), "--control")
      case "--host": options.host = try text(rest.popFirst(), "--host")
      case "--until-stdin-closes": options.untilStdinCloses = true
      case "--help", "-h": options.wantsHelp = true
      case _ where argument.hasPrefix("-"): throw UsageError("unknown option \(argument)")
      default: options.backends.append(try backend(argument))
      }
    }
    if options.backends.isEmpty {
      for kind in ["ollama", "vllm", "llamacpp", "lmstudio", "exo", "openai"] {
        options.backends.append(try backend("\(kind):0"))
      }
    }
    options.finish()
    return options
  }

  /// Gives every backend a name of its own and the seed.
  private mutating func finish() {
    var taken: [String: Int] = [:]
    for index in backends.indices {
      backends[index].seed = seed
      let name = backends[index].name
      taken[name, default: 0] += 1
      if let count = taken[name], count > 1 { backends[index].name = "\(name)-\(count)" }
    }
  }

  private static func backend(_ text: String) throws(UsageError) -> BackendPlan {
    var parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)[...]
    let head = (parts.popFirst() ?? "").split(separator: ":")
    guard head.count == 2, let kind = ServerKind(rawValue: String(head[0])) else {
      throw UsageError(
        "\(text): expected TYPE:PORT, TYPE one of "
          + ServerKind.allCases.map(\.rawValue).joined(separator: " "))
    }
    var plan = BackendPlan(
      kind: kind, port: try port(String(head[1]), text), name: kind.rawValue)
    if kind == .ollama { plan.latency.queue = 512 }
    for part in parts { try set(part, &plan) }
    return plan
  }

  private static func set(_ part: String, _ plan: inout BackendPlan) throws(UsageError) {
    let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
    let value = pair.count > 1 ? pair[1] : nil
    switch pair.first ?? "" {
    case "name": plan.name = try text(value, part)
    case "model": plan.models.append(try text(value, part))
    case "ttft": plan.latency.firstToken = try number(value, part)
    case "prompt-cost": plan.latency.promptToken = try number(value, part)
    case "tps": plan.latency.tokensPerSecond = try number(value, part)
    case "cache": plan.cache = try number(value, part)
    case "slots": plan.latency.slots = try number(value, part)
    case "queue": plan.latency.queue = try number(value, part) as Int
    case "memory": plan.memory = max(1, try number(value, part))
    case "vram": plan.vram = 1_000_000 * (try number(value, part) as Int)
    case "size": plan.size = 1_000_000 * (try number(value, part) as Int)
    case "load": plan.latency.load = try number(value, part)
    case "words": plan.words = try number(value, part)
    case "ctx": plan.context = try number(value, part) as Int
    case "idle": plan.idleLimit = try number(value, part) as Double
    case "api-key": plan.apiKey = try text(value, part)
    case "watch": plan.watched = try text(value, part)
    case "no-metrics": plan.hidesMetrics = true
    case "cheap": plan.isCheap = true
    default: throw UsageError("unknown key in \(part)")
    }
  }

  private static func text(_ value: String?, _ name: String) throws(UsageError) -> String {
    guard let value, !value.isEmpty else { throw UsageError("\(name) needs a value") }
    return value
  }

  private static func number<N: LosslessStringConvertible & Comparable & Numeric>(
    _ value: String?, _ name: String
  ) throws(UsageError) -> N {
    guard let value, let number = N(value), number >= 0 else {
      throw UsageError("\(name) needs a number")
    }
    return number
  }

  private static func port(_ value: String?, _ name: String) throws(UsageError) -> UInt16 {
    try number(value, name)
  }
}
