import Drivers
import Routing

/// Which requests the same backends may serve.
struct QueueLine: Hashable {
  let model: String
  let operation: OperationKind
  let mode: RequestFacts.Mode
  let needs: Abilities

  init(_ facts: RequestFacts) {
    model = facts.model
    operation = facts.operation
    mode = facts.mode
    needs = facts.needs
  }
}

/// What became of those who waited, since the start.
struct QueueTotals: Equatable {
  /// Who has waited or does so.
  var entered: UInt64 = 0
  /// Who got a place.
  var placed: UInt64 = 0
  /// Who waited as long as they may.
  var timedOut: UInt64 = 0
  /// Whose client left, or whom the gateway's end cut off.
  var cancelled: UInt64 = 0
  /// Who waited until nothing could serve them any more.
  var refused: UInt64 = 0
  /// Who was turned away, since too many waited already; these are not among those who entered.
  var refusedFull: UInt64 = 0
}

/// How a request ends its wait.
enum QueueEnd {
  /// It goes to a place.
  case placed(ObjectIdentifier)
  case timedOut, cancelled, refused

  var name: String {
    switch self {
    case .placed: "placed"
    case .timedOut: "timed_out"
    case .cancelled: "cancelled"
    case .refused: "refused"
    }
  }
}
