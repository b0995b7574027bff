/// Something that goes wrong on purpose, switched on through the control endpoint.
struct Fault {
  enum Kind: String, CaseIterable {
    /// The listener is closed and idle connections are closed with it.
    case refuse
    /// RST, at once or after some events.
    case reset
    /// Not a byte is answered, for `milliseconds` or for ever.
    case stallBefore = "stall_before"
    /// The answer stops in its middle, for `milliseconds` or for ever.
    case stallInside = "stall_inside"
    /// An error status in the server's own shape.
    case status
    /// Bytes that are not HTTP.
    case garbage
    /// A 200 whose body is not JSON.
    case garbageBody = "garbage_body"
    /// A pause before each event, or each byte of an answer that is not streamed.
    case slow
    /// FIN in the middle, while the connection stays open for reading.
    case halfClose = "half_close"
    /// The connection is closed in the middle.
    case cut
    /// The server's own way of reporting an error after the stream has begun.
    case errorInStream = "error_in_stream"
    /// Every connection is reset and new ones are refused.
    case die
    /// A load that was asked for fails after `milliseconds`.
    case loadFails = "load_fails"
    /// A load that was asked for is said to be done, and nothing was done.
    case loadLies = "load_lies"
    /// A load that was asked for gets nowhere, for `milliseconds` or for ever.
    case loadStalls = "load_stalls"
    /// A load that was asked for goes well, and the server's events tell nothing of it.
    case loadUnheard = "load_unheard"
    /// The figures of memory are wrong.
    case memoryLies = "memory_lies"

    /// Faults of the whole backend, not of single requests.
    var isOfBackend: Bool { self == .refuse || self == .die }

    /// Faults of requests that ask for a model to be loaded.
    var isOfLoads: Bool { [.loadFails, .loadLies, .loadStalls, .loadUnheard].contains(self) }

    /// Faults that strike inside the body.
    var isInside: Bool {
      [.stallInside, .halfClose, .cut, .errorInStream, .reset].contains(self)
    }
  }

  let kind: Kind
  /// How many more requests are hit; nil = until cleared.
  var remaining: Int?
  var afterEvents: Int?
  var milliseconds = 0.0
  var status = 500
  /// Also hit requests that are not inference.
  var everything = false
  /// Hits only requests that name this model.
  var model: String?
  /// What is said of memory.
  var lie = MemoryLie.huge

  /// Reads a `POST /fault` body; the error is the sentence for the answer.
  static func read(_ json: JSON) throws(ControlError) -> Fault {
    guard let kind = json["kind"]?.string.flatMap(Kind.init(rawValue:)) else {
      let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw ControlError("kind must be one of \(known)")
    }
    let count = json["count"]?.int ?? 0
    let word = json["lie"]?.string ?? MemoryLie.huge.rawValue
    guard let lie = MemoryLie(rawValue: word) else {
      let known = MemoryLie.allCases.map(\.rawValue).joined(separator: ", ")
      throw ControlError("lie must be one of \(known)")
    }
    return Fault(
      kind: kind, remaining: count > 0 ? count : nil, afterEvents: json["after_events"]?.int,
      milliseconds: Double(json["ms"]?.int ?? 0), status: json["status"]?.int ?? 500,
      everything: json["all"]?.bool ?? false, model: json["model"]?.string, lie: lie)
  }
}

/// Why the control endpoint refuses an order.
struct ControlError: Error {
  let message: String
  init(_ message: String) { self.message = message }
}

/// The faults of one backend, in the order in which they were switched on.
struct FaultList {
  private(set) var active: [Fault] = []

  mutating func add(_ fault: Fault) { active.append(fault) }
  mutating func clear() { active = [] }

  /// The first fault that applies to a request, used up by it.
  mutating func take(isInference: Bool, isLoad: Bool, model: () -> String?) -> Fault? {
    let index = active.firstIndex { fault in
      let isHit = fault.kind.isOfLoads ? isLoad : fault.everything || (isInference && !isLoad)
      return isHit && (fault.model == nil || fault.model == model())
    }
    guard let index else { return nil }
    let fault = active[index]
    if let left = fault.remaining {
      active[index].remaining = left - 1
      if left == 1 { active.remove(at: index) }
    }
    return fault
  }
}
