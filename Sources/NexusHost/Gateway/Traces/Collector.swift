import Config
import HTTP

/// Where spans are delivered, made ready.
struct Collector: Equatable {
  let endpoint: Endpoint
  let path: String
  let serviceName: String
  /// Header lines that go with every delivery. Some are secret.
  let lines: [UInt8]

  /// What `read` says about the variables that it could not use.
  enum VariableFault: Equatable {
    case missing(String)
    /// Empty, or with characters that no header field can hold.
    case unusable(String)
  }

  /// Nil if none is configured. `environment` looks a variable up; a header whose variable cannot be
  /// used is left out and told.
  init?(
    _ settings: Settings.Traces, environment: (String) -> String?,
    _ faults: inout [VariableFault]
  ) {
    guard let url = settings.endpoint,
      let endpoint = try? Endpoint.parse(url, caFile: settings.caFile)
    else { return nil }
    self.endpoint = endpoint
    let base = endpoint.basePath
    path = base.hasSuffix("/traces") ? base : base + "/v1/traces"
    serviceName = settings.serviceName
    var lines: [UInt8] = []
    for (name, variable) in settings.headerVariables.sorted(by: { $0.key < $1.key }) {
      guard let value = environment(variable) else {
        faults.append(.missing(variable))
        continue
      }
      let bytes = Array(value.utf8)
      // What stands in a header field may not end it (RFC 9110 §5.5).
      guard !bytes.isEmpty, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
        faults.append(.unusable(variable))
        continue
      }
      lines += Array("\(name): ".utf8) + bytes + [0x0D, 0x0A]
    }
    let secret = Set(settings.headerVariables.keys.map { $0.lowercased() })
    for header in settings.headers where !secret.contains(header.name.lowercased()) {
      lines += Array("\(header.name): \(header.value)\r\n".utf8)
    }
    self.lines = lines
  }
}
