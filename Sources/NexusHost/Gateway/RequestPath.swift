import Drivers
import HTTP
import Text

/// What a request path names.
enum Resource: Equatable {
  case root
  case health
  /// Whether the process is up.
  case alive
  /// Whether a request could be served.
  case ready
  case metrics
  /// How many requests there were, and how they went.
  case stats
  /// The last requests.
  case history
  /// How everything stands.
  case live
  /// What happens, over a WebSocket.
  case watch
  case models
  /// One model; its id, percent-decoded.
  case model([UInt8])
  /// Bringing a model into memory.
  case load
  /// Moving a model from one backend to another.
  case migrate
  /// What is done about models' places in memory.
  case jobs
  /// One such job; its id, percent-decoded.
  case job([UInt8])
  /// Where a request would go.
  case explain
  /// Why a request of the past went where it went; its id, percent-decoded.
  case decision([UInt8])
  /// Which models to keep in memory where.
  case recommendations
  case chat
  case completions
  case embeddings
  /// The page about a request of the past; its id, percent-decoded.
  case requestPage([UInt8])
  /// A file that the pages need; its name, percent-decoded.
  case asset([UInt8])
  /// The pages' icon.
  case icon
  case unknown

  /// What is asked of a backend; nil where the host answers by itself.
  var operation: OperationKind? {
    switch self {
    case .chat: .chat
    case .completions: .completions
    case .embeddings: .embeddings
    default: nil
    }
  }

  /// Its name in logs.
  var name: StaticString {
    switch self {
    case .root: "root"
    case .health, .alive, .ready: "health"
    case .metrics: "metrics"
    case .stats: "stats"
    case .history: "history"
    case .live: "live"
    case .watch: "watch"
    case .models: "models"
    case .model: "model"
    case .load: "load"
    case .migrate: "migrate"
    case .jobs, .job: "jobs"
    case .explain, .decision: "explain"
    case .recommendations: "recommendations"
    case .chat: "chat"
    case .completions: "completions"
    case .embeddings: "embeddings"
    case .requestPage: "request"
    case .asset, .icon: "asset"
    case .unknown: "unknown"
    }
  }

  /// The methods that it knows, as an Allow header lists them.
  var allow: StaticString {
    takesPost ? "POST" : takesDelete ? "GET, HEAD, DELETE" : "GET, HEAD"
  }

  func allows(_ method: HTTPMethod) -> Bool {
    switch method {
    case .get, .head: !takesPost
    case .post: takesPost
    case .delete: takesDelete
    default: false
    }
  }

  /// Whether it is about models' places in memory, asked with that method.
  func isLifecycle(_ method: HTTPMethod) -> Bool {
    switch self {
    case .load, .migrate, .jobs, .job: true
    case .model: method == .delete
    default: false
    }
  }

  private var takesPost: Bool {
    switch self {
    case .explain, .load, .migrate: true
    default: operation != nil
    }
  }

  private var takesDelete: Bool {
    switch self {
    case .model, .job: true
    default: false
    }
  }
}

/// Reads request paths. Clients write them with and without "/v1", with doubled slashes and with a
/// slash at the end; all mean the same.
enum RequestPath {
  /// What the path (without its query) names.
  static func resource(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Resource {
    // The path of nearly every request, without the work below.
    if equals(bytes, range, "/v1/chat/completions") { return .chat }
    var segments = segments(bytes, range)
    let isVersioned = segments.first.map { equals(bytes, $0, "v1") } == true
    if isVersioned { segments.removeFirst() }
    guard let first = segments.first else { return .root }
    if equals(bytes, first, "models"), segments.count > 1 {
      return model(bytes, segments[1...])
    }
    if isVersioned, equals(bytes, first, "jobs"), segments.count <= 2 {
      return segments.count == 1 ? .jobs : .job(PercentCoding.decode(bytes, segments[1]))
    }
    if isVersioned, equals(bytes, first, "explain"), segments.count <= 2 {
      return segments.count == 1 ? .explain : .decision(PercentCoding.decode(bytes, segments[1]))
    }
    if isVersioned, segments.count == 2, equals(bytes, first, "fleet"),
      equals(bytes, segments[1], "recommendations")
    {
      return .recommendations
    }
    if !isVersioned, segments.count == 2 {
      if equals(bytes, first, "requests") {
        return .requestPage(PercentCoding.decode(bytes, segments[1]))
      }
      if equals(bytes, first, "assets") { return .asset(PercentCoding.decode(bytes, segments[1])) }
    }
    switch segments.count {
    case 1:
      if !isVersioned, equals(bytes, first, "favicon.ico") { return .icon }
      if equals(bytes, first, "models") { return .models }
      if equals(bytes, first, "health") { return .health }
      if equals(bytes, first, "metrics") { return .metrics }
      if isVersioned, equals(bytes, first, "stats") { return .stats }
      if isVersioned, equals(bytes, first, "history") { return .history }
      if isVersioned, equals(bytes, first, "live") { return .live }
      if !isVersioned, equals(bytes, first, "ws") { return .watch }
      if equals(bytes, first, "completions") { return .completions }
      if equals(bytes, first, "embeddings") { return .embeddings }
    case 2 where equals(bytes, first, "chat") && equals(bytes, segments[1], "completions"):
      return .chat
    case 2 where equals(bytes, first, "health"):
      if equals(bytes, segments[1], "live") { return .alive }
      if equals(bytes, segments[1], "ready") { return .ready }
    default: break
    }
    return .unknown
  }

  /// What stands behind "models".
  private static func model(_ bytes: Span<UInt8>, _ rest: ArraySlice<Range<Int>>) -> Resource {
    if let first = rest.first {
      if rest.count == 1, equals(bytes, first, "load") { return .load }
      if rest.count == 1, equals(bytes, first, "migrate") { return .migrate }
      if rest.count == 2, equals(bytes, first, "operations") {
        return .job(PercentCoding.decode(bytes, rest[rest.startIndex + 1]))
      }
    }
    return .model(modelID(bytes, rest))
  }

  private static func segments(_ bytes: Span<UInt8>, _ range: Range<Int>) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = range.lowerBound
    for index in range where bytes[index] == UInt8(ascii: "/") {
      if index > start { result.append(start..<index) }
      start = index + 1
    }
    if start < range.upperBound { result.append(start..<range.upperBound) }
    return result
  }

  /// An id may hold slashes, raw or encoded.
  private static func modelID(
    _ bytes: Span<UInt8>, _ segments: ArraySlice<Range<Int>>
  ) -> [UInt8] {
    var id: [UInt8] = []
    for segment in segments {
      if !id.isEmpty { id.append(UInt8(ascii: "/")) }
      id += PercentCoding.decode(bytes, segment)
    }
    return id
  }

  @inline(__always)
  private static func equals(
    _ bytes: Span<UInt8>, _ range: Range<Int>, _ text: StaticString
  ) -> Bool {
    range.count == text.utf8CodeUnitCount && ByteSearch.holds(bytes, range.lowerBound, text)
  }
}
