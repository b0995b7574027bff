import DriverKit
import NexusPluginABI

private let table = DriverTable(description, begin: { Calls.begin($0, $1, $2, makeExchange) })

/// The one exported symbol.
@c(nexus_driver_entry)
public func entry(_ major: UInt32) -> UnsafePointer<nexus_driver>? { table.entry(major) }

private func makeExchange(_ operation: Operation) -> Exchange? {
  switch operation.kind {
  case .identify: Identification()
  case .survey: Survey()
  case .chat, .completions, .embeddings: LMStudioRelay()
  case .load: Loading()
  case .unload: Unloading()
  default: nil
  }
}
